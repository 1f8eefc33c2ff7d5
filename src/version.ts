/** Of the package; a test compares it with package.json. */
export const VERSION = '0.1.0';
/** The newest runtime-spec that is read. */
export const OCI_VERSION = '1.3.0';
/** Of spec.wasm and launch.wasm. */
export const ABI_VERSION = 1;
