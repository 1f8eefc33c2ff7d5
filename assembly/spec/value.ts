import { NONE } from '../json/document';

/** Of users and groups: one more is -1, which setresuid(2) and fchown(2) take for "as it is". */
export const GREATEST_ID: u64 = u32.MAX_VALUE - 1;

/** Whatever has a place in config.json. */
export class Located {
  node: i32 = NONE;
}

/** A scalar with its place: string, i64, u64 or bool. An absent field is null, never a magic value. */
export class Value<T> extends Located {
  constructor(
    node: i32,
    public value: T,
  ) {
    super();
    this.node = node;
  }
}

export class List<T> extends Located {
  items: T[] = [];
}

/** A member of a map of strings; the place is the value's. */
export class Pair extends Located {
  constructor(
    node: i32,
    public key: string,
    public value: string,
  ) {
    super();
    this.node = node;
  }
}
