import { generation } from '../json/arena';
import {
  ARM,
  GENERIC,
  M68K,
  MIPS_N32,
  MIPS_N64,
  MIPS_O32,
  PARISC,
  POWERPC,
  S390,
  SH,
  X86,
  X86_64,
} from './syscall-tables';
import { TableReader } from './syscalls';

/** arch/x86/include/uapi/asm/unistd.h: what tells a call of x32 from one of x86_64 */
export const X32_SYSCALL_BIT: u32 = 0x40000000;

/** include/uapi/linux/audit.h */
const AUDIT_ARCH_X86_64: u32 = 0xc000003e;

/** One way to make system calls. */
export class Architecture {
  /** The other of two that share an audit number and are told by their calls' numbers: x32 beside x86_64. */
  isX32: bool = false;
  /**
   * It once had, or still has, one call for all of sockets and one for all of System V IPC: ipc(2), socketcall(2). What
   * they are asked for is their first argument.
   */
  hasMultiplexers: bool = false;

  constructor(
    /** SCMP_ARCH_… of runtime-spec config-linux.md#seccomp. */
    public name: string,
    /** AUDIT_ARCH_… of include/uapi/linux/audit.h, which the kernel tells the filter. */
    public audit: u32,
    private table: StaticArray<u16>,
    private variant: i32,
    /** Arguments have 64 bits; otherwise a filter sees their lower 32. */
    public isWide: bool,
    public isBigEndian: bool,
    /** What its numbers begin with. */
    public base: i32 = 0,
  ) {}

  withMultiplexers(): Architecture {
    this.hasMultiplexers = true;
    return this;
  }

  asX32(): Architecture {
    this.isX32 = true;
    return this;
  }

  /** x86_64 and x32. */
  get hasX32(): bool {
    return this.audit == AUDIT_ARCH_X86_64;
  }

  /**
   * Number 0 was setup(2) on s390, and is what the kernel makes of a number that does not fit in an instruction and that it
   * does not know: to runc it is newer than any.
   */
  get hidesFirst(): bool {
    return this.table === S390;
  }

  /** All of its calls, in the order of their numbers, which begin with `base`. */
  calls(): TableReader {
    return new TableReader(this.table, this.variant);
  }

  /** -1 where it has no such call. */
  numberOf(id: i32): i32 {
    const calls = this.calls();
    while (calls.next()) if (calls.id == id) return this.base + calls.number;
    return -1;
  }

  /** struct seccomp_data, include/uapi/linux/seccomp.h: the arguments, 8 bytes each, begin at 16. */
  offsetOf(argument: i32, isHigh: bool): u32 {
    return 16 + 8 * argument + (isHigh != this.isBigEndian ? 4 : 0);
  }
}

const LE = false;
const BE = true;

/** In the order of the spec's list. */
function all(): Architecture[] {
  return [
    new Architecture('SCMP_ARCH_X86', 0x40000003, X86, 0, false, LE).withMultiplexers(),
    new Architecture('SCMP_ARCH_X86_64', AUDIT_ARCH_X86_64, X86_64, 0, true, LE),
    new Architecture('SCMP_ARCH_X32', AUDIT_ARCH_X86_64, X86_64, 1, false, LE, <i32>X32_SYSCALL_BIT).asX32(),
    new Architecture('SCMP_ARCH_ARM', 0x40000028, ARM, 0, false, LE),
    new Architecture('SCMP_ARCH_AARCH64', 0xc00000b7, GENERIC, 0, true, LE),
    new Architecture('SCMP_ARCH_LOONGARCH64', 0xc0000102, GENERIC, 2, true, LE),
    new Architecture('SCMP_ARCH_M68K', 0x00000004, M68K, 0, false, BE).withMultiplexers(),
    new Architecture('SCMP_ARCH_MIPS', 0x00000008, MIPS_O32, 0, false, BE, 4000).withMultiplexers(),
    new Architecture('SCMP_ARCH_MIPS64', 0x80000008, MIPS_N64, 0, true, BE, 5000),
    new Architecture('SCMP_ARCH_MIPS64N32', 0xa0000008, MIPS_N32, 0, false, BE, 6000),
    new Architecture('SCMP_ARCH_MIPSEL', 0x40000008, MIPS_O32, 0, false, LE, 4000).withMultiplexers(),
    new Architecture('SCMP_ARCH_MIPSEL64', 0xc0000008, MIPS_N64, 0, true, LE, 5000),
    new Architecture('SCMP_ARCH_MIPSEL64N32', 0xe0000008, MIPS_N32, 0, false, LE, 6000),
    new Architecture('SCMP_ARCH_PARISC', 0x0000000f, PARISC, 0, false, BE),
    new Architecture('SCMP_ARCH_PARISC64', 0x8000000f, PARISC, 1, true, BE),
    new Architecture('SCMP_ARCH_PPC', 0x00000014, POWERPC, 0, false, BE).withMultiplexers(),
    new Architecture('SCMP_ARCH_PPC64', 0x80000015, POWERPC, 1, true, BE).withMultiplexers(),
    new Architecture('SCMP_ARCH_PPC64LE', 0xc0000015, POWERPC, 1, true, LE).withMultiplexers(),
    new Architecture('SCMP_ARCH_RISCV64', 0xc00000f3, GENERIC, 1, true, LE),
    new Architecture('SCMP_ARCH_S390', 0x00000016, S390, 0, false, BE).withMultiplexers(),
    new Architecture('SCMP_ARCH_S390X', 0x80000016, S390, 1, true, BE).withMultiplexers(),
    new Architecture('SCMP_ARCH_SH', 0x4000002a, SH, 0, false, LE).withMultiplexers(),
    new Architecture('SCMP_ARCH_SHEB', 0x0000002a, SH, 0, false, BE).withMultiplexers(),
  ];
}

let made: Architecture[] | null = null;
let madeIn: i32 = 0;

export function architectures(): Architecture[] {
  const known = made;
  if (known && madeIn == generation()) return known;
  const list = all();
  made = list;
  madeIn = generation();
  return list;
}

export function architectureOf(name: string): Architecture | null {
  const known = architectures();
  for (let index = 0; index < known.length; index++) if (known[index].name == name) return known[index];
  return null;
}
