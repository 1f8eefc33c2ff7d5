import { Writer } from '../json/writer';
import { ACTIONS, ARCHITECTURES, FLAGS, OPERATORS } from '../spec/seccomp';
import { capabilityNames } from './capability';
import { memoryPolicyFlags, memoryPolicyModes } from './memory-policy';
import { supportedOptions } from './mounts';
import { namespaceNames } from './namespaces';
import { INIT_ANNOTATION } from './reaper';
import { writeTexts } from './step';
import { PROPERTY_ANNOTATION } from './unit-annotations';
import { isSupportedNamespace } from './unsupported';

/** The names that a launch carries out, from the very tables that it uses; runtime-spec features.md has them as lists. */
export function writeFeatures(writer: Writer): void {
  const namespaces: string[] = [];
  const known = namespaceNames();
  for (let index = 0; index < known.length; index++) {
    if (isSupportedNamespace(known[index])) namespaces.push(known[index]);
  }
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writeTexts(writer, 'mountOptions', supportedOptions());
  writeTexts(writer, 'capabilities', capabilityNames());
  writeTexts(writer, 'namespaces', namespaces);
  // A dot at the end stands for every name that begins so.
  writeTexts(writer, 'annotations', [INIT_ANNOTATION, PROPERTY_ANNOTATION]);
  writeTexts(writer, 'memoryPolicyModes', memoryPolicyModes());
  writeTexts(writer, 'memoryPolicyFlags', memoryPolicyFlags());
  writer.key('seccomp');
  writer.beginObject();
  writeTexts(writer, 'actions', ACTIONS);
  writeTexts(writer, 'operators', OPERATORS);
  writeTexts(writer, 'archs', ARCHITECTURES);
  writeTexts(writer, 'flags', FLAGS);
  writer.endObject();
  writer.endObject();
}
