/**
 * Where the AssemblyScript runtime goes on a broken invariant. The module must import nothing, so there is nobody to
 * tell: it traps, and the host reports `core/crash`. A trap is a bug of orlop, never an answer to bad input.
 */
export function abort(_message: string | null, _fileName: string | null, _line: u32, _column: u32): void {
  unreachable();
}
