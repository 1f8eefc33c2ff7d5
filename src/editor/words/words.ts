// What values may be, and what each means. Where the module has a list of its own, test/editor/fields.test.ts compares.

export * from './cgroup.ts';
export * from './linter.ts';
export * from './linux.ts';
export * from './mounts.ts';
export * from './process.ts';
export * from './seccomp.ts';

/** Each word and what it means, as Markdown; '' where the name says it all. */
export type Words = Readonly<Record<string, string>>;
