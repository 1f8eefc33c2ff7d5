import { Writer } from '../json/writer';
import { ACTIONS, ARCHITECTURES, FLAGS, OPERATORS } from '../spec/seccomp';
import { capabilityNames } from './capability';
import { memoryPolicyFlags, memoryPolicyModes } from './memory-policy';
import { optionNames } from './mount-options';
import { namespaceNames } from './namespaces';
import { INIT_ANNOTATION } from './reaper';
import { writeTexts } from './step';
import { PROPERTY_ANNOTATION } from './unit-annotations';

/** The names that a launch carries out, from the very tables that it uses; runtime-spec features.md has them as lists. */
export function writeFeatures(writer: Writer): void {
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writeTexts(writer, 'mountOptions', optionNames());
  writeTexts(writer, 'capabilities', capabilityNames());
  writeTexts(writer, 'namespaces', namespaceNames());
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
