import { Bytes } from './bytes';
import { Call } from './calls';
import {
  CODE_ADDRESS,
  CONSTANTS_ADDRESS,
  DATA_ADDRESS,
  KIND_AGAIN,
  KIND_BRANCH,
  KIND_CALL,
  ROW_ARGUMENTS,
  ROW_ERRNO,
  ROW_ERRNO_2,
  ROW_KIND,
  ROW_LOADS,
  ROW_SIZE,
  ROW_STORE,
  ROW_TARGET,
  ROWS_ADDRESS,
} from './layout';
import { Operand } from './operand';
import { Program } from './program';
import { callNumber, ELF_MACHINE, interpreter, PAGE_SIZE } from './x86_64';

/** elf.h: Elf64_Ehdr, Elf64_Phdr */
const HEADER_SIZE: u16 = 64;
const SEGMENT_SIZE: u16 = 56;
const ET_EXEC: u16 = 2;
const PT_LOAD: u32 = 1;
const PT_GNU_STACK: u32 = 0x6474e551;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;

/**
 * Links a program into a static executable: header and interpreter (r-x), rows and constants (r--), data (rw-), and a stack
 * that is not executable. No sections, no symbols, nothing that depends on when or where it was made.
 */
export function link(program: Program): Bytes {
  const image = new Bytes();
  const code = interpreter();
  const constants = program.constants;
  const segments: u16 = constants.length > 0 ? 5 : 4;
  const codeOffset = HEADER_SIZE + segments * SEGMENT_SIZE;
  image.reserve(codeOffset + code.bytes.length, 1);
  for (let index = 0; index < code.bytes.length; index++) image.put8(codeOffset + index, code.bytes[index]);

  const rowsOffset = image.reserve(program.rows.length * ROW_SIZE, PAGE_SIZE);
  for (let index = 0; index < program.rows.length; index++)
    putRow(image, rowsOffset + index * ROW_SIZE, program, index);

  const constantsOffset = constants.length > 0 ? image.reserve(constants.length, PAGE_SIZE) : 0;
  if (constants.length > 0) image.copy(constantsOffset, constants);

  const dataOffset = image.reserve(program.data.length, PAGE_SIZE);
  image.copy(dataOffset, program.data);

  putHeader(image, CODE_ADDRESS + codeOffset, segments);
  putSegment(image, 0, PT_LOAD, PF_R | PF_X, 0, CODE_ADDRESS, codeOffset + code.bytes.length);
  putSegment(image, 1, PT_LOAD, PF_R, rowsOffset, ROWS_ADDRESS, program.rows.length * ROW_SIZE);
  // In the order of addresses: man 5 elf.
  if (constants.length > 0) putSegment(image, 2, PT_LOAD, PF_R, constantsOffset, CONSTANTS_ADDRESS, constants.length);
  putSegment(image, segments - 2, PT_LOAD, PF_R | PF_W, dataOffset, DATA_ADDRESS, program.data.length);
  putSegment(image, segments - 1, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0);
  return image;
}

function putRow(image: Bytes, offset: i32, program: Program, index: i32): void {
  const row = program.rows[index];
  image.put16(offset, row.call == Call.BRANCH ? 0 : callNumber(row.call));
  image.put8(offset + ROW_KIND, kindOf(row.call));
  let loads = putArgument(image, offset, 0, row.first);
  loads |= putArgument(image, offset, 1, row.second);
  loads |= putArgument(image, offset, 2, row.third);
  loads |= putArgument(image, offset, 3, row.fourth);
  loads |= putArgument(image, offset, 4, row.fifth);
  image.put8(offset + ROW_LOADS, loads);
  const store = row.store;
  if (store) image.put32(offset + ROW_STORE, store.address);
  image.put16(offset + ROW_ERRNO, row.errno1);
  image.put16(offset + ROW_ERRNO_2, row.errno2);
  const target = row.target;
  assert(!target || target.isPlaced, 'a row that goes to a label that was never placed');
  image.put32(offset + ROW_TARGET, ROWS_ADDRESS + <u32>(target ? target.position : index + 1) * ROW_SIZE);
}

/**
 * man 2 openat2: a lookup that must not leave its root gives up with EAGAIN when anything on the machine is renamed just
 * then, and has to be asked for again. Any other call that says EAGAIN means it.
 */
function kindOf(call: Call): u8 {
  if (call == Call.BRANCH) return KIND_BRANCH;
  return call == Call.OPENAT2 ? KIND_AGAIN : KIND_CALL;
}

/** Returns the bit that says "load it from a cell". */
function putArgument(image: Bytes, offset: i32, position: i32, operand: Operand | null): u8 {
  if (!operand) return 0;
  image.put64(offset + ROW_ARGUMENTS + 8 * position, operand.value);
  return operand.isLoaded ? (<u8>1) << (<u8>position) : 0;
}

function putHeader(image: Bytes, entry: u32, segments: u16): void {
  image.put32(0, 0x464c457f); // "\x7fELF"
  image.put32(4, 0x00010102); // 64 bits, little-endian, version 1, System V
  image.put16(16, ET_EXEC);
  image.put16(18, ELF_MACHINE);
  image.put32(20, 1);
  image.put64(24, entry);
  image.put64(32, HEADER_SIZE);
  image.put16(52, HEADER_SIZE);
  image.put16(54, SEGMENT_SIZE);
  image.put16(56, segments);
}

function putSegment(image: Bytes, index: i32, type: u32, flags: u32, offset: i32, address: u32, size: i32): void {
  const at = HEADER_SIZE + index * SEGMENT_SIZE;
  image.put32(at, type);
  image.put32(at + 4, flags);
  image.put64(at + 8, offset);
  image.put64(at + 16, address);
  image.put64(at + 24, address);
  image.put64(at + 32, size);
  image.put64(at + 40, size);
  image.put64(at + 48, type == PT_LOAD ? PAGE_SIZE : 16);
}
