/**
 * Where things stand in the memory of a launch image, and the form of a row. Addresses are fixed, so nothing is
 * relocated at run time; all of them fit in 32 bits.
 *
 *   0x00400000  ELF header, interpreter     read, execute
 *   0x01000000  rows, 64 bytes each         read
 *   0x08000000  constants: seccomp filter   read
 *   0x10000000  data: failure record,       read, write
 *               cells, strings, vectors
 *
 *   row:  0        2       3      4           8                        56       58       60
 *         ┌────────┬───────┬──────┬───────────┬─────────── ─ ─ ────────┬────────┬────────┬─────────┐
 *         │ number │ loads │ kind │ store     │ six arguments, 8 bytes │ errno  │ errno  │ target  │
 *         └────────┴───────┴──────┴───────────┴─────────── ─ ─ ────────┴────────┴────────┴─────────┘
 *   number  of the system call
 *   loads   bit i: argument i is the address of a cell; its contents are the argument
 *   kind    KIND_CALL, KIND_AGAIN: the same, and again while it fails with EAGAIN, or KIND_BRANCH: go to `target` if
 *           (cell at argument 0 & argument 1) == argument 2
 *   store   address of the cell that takes the result (also a failed one: -errno), 0 for none
 *   errno   two tolerated errors, 0 for none, ANY_ERROR for every one
 *   target  address of the row to go on with after a tolerated error or a taken branch
 *
 * A failure that is not tolerated stores row and errno into the failure record and goes on with the row that the target
 * of row 0 names (row 0 itself never fails). Those rows tell the host: how a failure travels is part of the program, not
 * of the interpreter.
 */
export const CODE_ADDRESS: u32 = 0x00400000;
export const ROWS_ADDRESS: u32 = 0x01000000;
export const CONSTANTS_ADDRESS: u32 = 0x08000000;
export const DATA_ADDRESS: u32 = 0x10000000;

export const ROW_SIZE: u32 = 64;
export const ROW_LOADS: u32 = 2;
export const ROW_KIND: u32 = 3;
export const ROW_STORE: u32 = 4;
export const ROW_ARGUMENTS: u32 = 8;
export const ROW_ERRNO: u32 = 56;
export const ROW_ERRNO_2: u32 = 58;
export const ROW_TARGET: u32 = 60;

export const KIND_CALL: u8 = 0;
export const KIND_BRANCH: u8 = 1;
export const KIND_AGAIN: u8 = 2;
export const ANY_ERROR: u16 = 0xffff;

/**
 * A record as it crosses the socket to the host, and the exec FIFO: kind, value, errno, each 8 bytes; a failure carries
 * up to LOG_SIZE bytes of the kernel's own words behind it. The failure record opens the data segment.
 */
export const RECORD_SIZE: u32 = 24;
export const LOG_SIZE: u32 = 232;
/** What a hook of the container has come to: layout in lower-hook.ts. As long as a FIFO takes at once: PIPE_BUF. */
export const HOOK_RECORD_SIZE: u32 = 4096;
/**
 * What the host says is to be made, when the image has asked for a place (lower-place.ts): what kind of thing, the number
 * of the question, and the thing's name and parent, which end with a NUL.
 */
export const PLACE_KIND: u32 = 0;
export const PLACE_INDEX: u32 = 8;
export const PLACE_NAME: u32 = 16;
export const PLACE_PARENT: u32 = 272;
export const PLACE_SIZE: u32 = 1296;
export const FAILURE_ROW: u32 = DATA_ADDRESS + 8;
export const FAILURE_ERRNO: u32 = DATA_ADDRESS + 16;
export const FAILURE_LOG: u32 = DATA_ADDRESS + RECORD_SIZE;
