/**
 * Giving memory back. The allocator (AssemblyScript's stub runtime, std/assembly/rt/stub.ts) has one offset that moves up
 * with each block, and down again when the last block is freed:
 *
 *    ┌────┬──────┬───────────────┬────┬────┐
 *    │size│ mark │ …             │size│last│ offset
 *    └────┴──────┴───────────────┴────┴────┘
 *
 * release() makes the block of the mark reach to the end, and frees it as the last. What a global has kept of a document is
 * gone with it, unless it asks for the generation that it was made in.
 */

let releases: i32 = 0;

/** Another one after each release(). */
export function generation(): i32 {
  return releases;
}

/** Where the memory ends now. */
export function mark(): usize {
  return heap.alloc(0);
}

/** All that has been allocated since mark() is gone; the mark too. */
export function release(mark: usize): void {
  const last = heap.alloc(0);
  store<usize>(mark - sizeof<usize>(), last - mark + load<usize>(last - sizeof<usize>()));
  heap.free(mark);
  releases++;
}
