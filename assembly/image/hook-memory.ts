import { POLLIN } from './constants';
import { HOOK_RECORD_SIZE } from './layout';
import { Cell } from './operand';
import { Program } from './program';

/**
 * A HOOK record, 4096 bytes whatever it holds, since a FIFO keeps no boundaries:
 *
 *   0       8       16      24       32      40       48
 *   ┌───────┬───────┬───────┬────────┬───────┬────────┬─────────────────── ─ ─ ──┐
 *   │ kind  │ step  │ errno │ status │ ended │ length │ the end of what it wrote │
 *   └───────┴───────┴───────┴────────┴───────┴────────┴─────────────────── ─ ─ ──┘
 *   errno   of execve, negative; 0 if it went well
 *   status  as from wait4
 *   ended   1: by itself; 0: its time was over
 */
export const HOOK_STEP: u32 = 8;
export const HOOK_ERRNO: u32 = 16;
export const HOOK_STATUS: u32 = 24;
export const HOOK_ENDED: u32 = 32;
export const HOOK_LENGTH: u32 = 40;
export const HOOK_HEADER_SIZE: u32 = 48;
export const HOOK_OUTPUT_SIZE: u32 = HOOK_RECORD_SIZE - HOOK_HEADER_SIZE;

/** What the rows of all hooks in the container use, one after the other. */
export class HookMemory {
  input: Cell;
  output: Cell;
  child: Cell;
  text: Cell;
  /** struct pollfd, whose first field clone fills: as a number it is the pidfd, to the kernel's 32 bits of it. */
  pidfd: Cell;
  /** The kind of hook whose state `state` has, as three struct iovec. */
  kind: string = '';
  state: Cell | null = null;

  constructor(program: Program) {
    this.input = program.cell('state');
    this.output = program.cell('output');
    this.child = program.cell('child');
    this.text = program.area('text', HOOK_OUTPUT_SIZE);
    this.pidfd = program.area('pidfd', 8);
    program.put32(this.pidfd, 4, POLLIN);
  }
}
