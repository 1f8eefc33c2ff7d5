import { Writer } from '../json/writer';
import { capabilityNames } from './capability';
import { memoryPolicyFlags, memoryPolicyModes } from './memory-policy';
import { supportedOptions } from './mounts';
import { namespaceNames } from './namespaces';
import { INIT_ANNOTATION } from './reaper';
import { writeTexts } from './step';
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
  writeTexts(writer, 'annotations', [INIT_ANNOTATION]);
  writeTexts(writer, 'memoryPolicyModes', memoryPolicyModes());
  writeTexts(writer, 'memoryPolicyFlags', memoryPolicyFlags());
  writer.endObject();
}
