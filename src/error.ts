/** `area/what`. Programs branch on it; people read the message, the path and the hint. */
export type ErrorCode =
  | 'usage/invalid'
  | 'spec/invalid'
  | 'spec/unsupported'
  | 'container/exists'
  | 'container/missing'
  | 'container/wrong-state'
  | 'container/invalid-id'
  | 'container/hook'
  | 'container/seccomp-agent'
  | `linux/${string}`
  | 'launch/failed'
  | 'core/crash';

export interface ErrorContext {
  /** JSON pointer into config.json, or the file that the error is about. */
  path?: string | undefined;
  line?: number | undefined;
  column?: number | undefined;
  /** The way out, as a sentence. */
  hint?: string | undefined;
  cause?: unknown;
  /** What the compiler found, for `spec/invalid`. */
  diagnostics?: readonly unknown[] | undefined;
}

export class OrlopError extends Error {
  override readonly name = 'OrlopError';
  readonly code: ErrorCode;
  // Declared, not initialised: what an error does not know is not a property of it.
  declare readonly path?: string;
  declare readonly line?: number;
  declare readonly column?: number;
  declare readonly hint?: string;
  declare readonly diagnostics?: readonly unknown[];

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    // JavaScriptCore's errors have a place in the source of their own; these are about config.json.
    delete (this as { line?: number }).line;
    delete (this as { column?: number }).column;
    if (context.path !== undefined) this.path = context.path;
    if (context.line !== undefined) this.line = context.line;
    if (context.column !== undefined) this.column = context.column;
    if (context.hint !== undefined) this.hint = context.hint;
    if (context.diagnostics !== undefined) this.diagnostics = context.diagnostics;
  }
}

/** What has failed after an error, in its wake: shown below it, unless something is already. */
export function attachCause(error: unknown, second: unknown): void {
  if (second !== undefined && error instanceof Error && error.cause === undefined) error.cause = second;
}

/** Does all of them, whatever fails. A failure is attached to the error, or thrown where there is none yet. */
export function finish(error: unknown, ...acts: (() => void)[]): void {
  let first = error;
  for (const act of acts) {
    try {
      act();
    } catch (second) {
      if (first === undefined) first = second;
      else attachCause(first, second);
    }
  }
  if (first !== error) throw first;
}
