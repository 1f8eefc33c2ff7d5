import { Edit } from '../report';
import { Document } from './document';

/** Bytes of UTF-8. */
export class Text {
  constructor(
    public address: usize,
    public length: i32,
  ) {}
}

/** The document with its edits, which are in order and do not overlap; all other bytes as they are. */
export function splice(document: Document, edits: Edit[]): Text {
  let length = document.length;
  for (let index = 0; index < edits.length; index++) {
    length += String.UTF8.byteLength(edits[index].text) - (edits[index].end - edits[index].start);
  }
  const address = heap.alloc(max(length, 1));
  let to = address;
  let from = 0;
  for (let index = 0; index < edits.length; index++) {
    const edit = edits[index];
    to += document.copy(from, edit.start, to);
    to += String.UTF8.encodeUnsafe(changetype<usize>(edit.text), edit.text.length, to);
    from = edit.end;
  }
  document.copy(from, document.length, to);
  return new Text(address, length);
}
