// What the linter finds, and how to mend it.

/** A finding about config.json. Lines and columns count from 1, columns in UTF-16 code units. */
export interface Diagnostic {
  /** Stable id, `OCI302`. */
  rule: string;
  name: string;
  severity: 'error' | 'warning' | 'info';
  message: string;
  help?: string;
  /** JSON pointer, '' for the document. */
  path: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  /** Other places that have to do with it. */
  related?: Related[];
  /** What makes it go away. */
  fix?: Fix;
}

/** Another place that a finding speaks of. */
export interface Related {
  /** What is there: "the first one". */
  message: string;
  path: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

export interface Fix {
  /** For a menu: `add "rbind" to options`. */
  title: string;
  /** It changes nothing about a container that starts as the config is now. All others somebody has to look at. */
  safe: boolean;
  /** In the order of the document; none overlaps another. */
  edits: Edit[];
}

/** Text for a range of the document. */
export interface Edit {
  /** Bytes of UTF-8, `end` behind the last one. */
  start: number;
  end: number;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  text: string;
}

/** Sets of rules, each with all of those before it; `none` has none but those that `rules` names. */
export type Preset = 'none' | 'spec' | 'recommended' | 'hardened' | 'strict';

/** What to lint for. Left out, it is the preset "recommended". */
export interface LintOptions {
  preset?: Preset;
  /** By id or name: `{ "OCI905": "error", "writable-rootfs": "off" }`. */
  rules?: Record<string, 'off' | 'info' | 'warn' | 'error'>;
  ignores?: Ignore[];
  /**
   * Runtimes that the config is for: `runc@1.1`, `crun`, `youki@0.6`, `orlop`, or what `RUNTIME features` prints, as an
   * object. They add what is ignored or refused there.
   */
  targets?: (string | object)[];
  /** fix() applies unsafe fixes too. */
  unsafe?: boolean;
}

/** A place that a rule is not to speak of. */
export interface Ignore {
  rule: string;
  /** JSON pointer, of the place and all below; the step `*` stands for any. Left out, it is the whole document. */
  path?: string;
  /** For whoever reads it later. */
  reason: string;
}

export interface LintResult {
  /** Sorted by position. */
  diagnostics: Diagnostic[];
  /** Indices of `ignores` that nothing in this document needed. */
  unusedIgnores: number[];
}

export interface FixResult<Text = Uint8Array> {
  /** UTF-8 unless it is a string; what is outside of edits is as it was. */
  text: Text;
  /** How many fixes have been applied. */
  fixes: number;
}

/** What a rule is. */
export interface Rule {
  id: string;
  name: string;
  severity: Diagnostic['severity'];
  /** The smallest that has it; `host` for what only a launch, an update or a check of the host can tell. */
  preset: Exclude<Preset, 'none'> | 'host';
  fix?: 'safe' | 'unsafe';
  summary: string;
  /** What comes of it. */
  why: string;
  /** Examples: members to be merged into a config (RFC 7396), or a whole text. */
  bad?: string;
  good?: string;
  /** Where the spec, the kernel or a runtime says so. */
  reference: string;
}
