import { Architecture } from './architectures';

/** How an argument is compared, in the order of OPERATORS in spec/seccomp.ts. */
export enum Operator {
  NE,
  LT,
  LE,
  EQ,
  GE,
  GT,
  MASKED_EQ,
}

/** One comparison: (argument & mask) operator datum, without signs. */
export class Condition {
  constructor(
    public argument: i32,
    public operator: Operator,
    public mask: u64,
    public datum: u64,
  ) {}

  /** As a filter for this architecture can ask it: of an argument of 32 bits the upper half is nothing. */
  on(architecture: Architecture): Condition {
    if (architecture.isWide) return this;
    return new Condition(this.argument, this.operator, this.mask & u32.MAX_VALUE, this.datum & u32.MAX_VALUE);
  }

  /** Whatever the argument, it holds: of a mask nothing is left. */
  get isAlways(): bool {
    return this.mask == 0;
  }

  /** A single value, and all bits count. */
  isEqual(architecture: Architecture): bool {
    return this.operator == Operator.EQ || (this.operator == Operator.MASKED_EQ && this.isWhole(architecture));
  }

  private isWhole(architecture: Architecture): bool {
    return this.mask == (architecture.isWide ? u64.MAX_VALUE : <u64>u32.MAX_VALUE);
  }
}
