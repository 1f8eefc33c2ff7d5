/**
 * The linter and the translator without the runtime: everything that spec.wasm does, in any engine that has WebAssembly.
 *
 *     const spec = await load(fetch('spec.wasm'));   // the file orlop/spec.wasm of this package
 *     spec.lint(config).diagnostics;                 // what is wrong with a config.json, and where
 *     spec.fix(config).text;                         // the same without what can be mended safely
 *     spec.plan(config).steps;                       // what a launch would do
 *     spec.image(config).rows;                       // and by which system calls
 *
 * diff() and graph() read plans: what changes from one container to the other, and a drawing of one as SVG.
 *
 * A program that launches containers on its own takes SpecDocument, which is one document with all that the host asks.
 *
 * @module
 */
export { type ErrorCode, type ErrorContext, OrlopError } from '../error.ts';
export { type Area, type Change, diff, type Effect } from './diff.ts';
export { type GraphOptions, graph } from './graph.ts';
export { SpecDocument } from './module.ts';
export { type Config, load, Spec, type SpecSource } from './spec.ts';
export type * from './types.ts';
