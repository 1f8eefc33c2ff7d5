import { Writer } from '../json/writer';
import { capabilityNames } from './capability';
import { optionNames } from './mount-options';
import { namespaceNames } from './namespaces';
import { writeTexts } from './step';

/** The names that a launch carries out, from the very tables that it uses; runtime-spec features.md has them as lists. */
export function writeFeatures(writer: Writer): void {
  writer.beginObject();
  writer.fieldInteger('version', 1);
  writeTexts(writer, 'mountOptions', optionNames());
  writeTexts(writer, 'capabilities', capabilityNames());
  writeTexts(writer, 'namespaces', namespaceNames());
  writer.endObject();
}
