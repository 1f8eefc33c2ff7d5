// What the executable calls of launch.wasm as machine code: wasm2c has made C of it, and src/build-compiled.ts compiles
// both. Bounds are checked as WebAssembly has them; a trap comes back as a number.

#include <stdint.h>
#include <stdlib.h>

#include "launch.h"
#include "wasm-rt-impl.h"

#define EXPORT __attribute__((visibility("default")))

typedef Z_launch_instance_t Instance;

/** 0: no memory, or it trapped. */
EXPORT uint64_t orlop_instance(void) {
  static int is_ready;
  if (wasm_rt_impl_try() != 0) return 0;
  if (!is_ready) {
    wasm_rt_init();
    Z_launch_init_module();
    is_ready = 1;
  }
  Instance *instance = calloc(1, sizeof(Instance));
  if (instance != NULL) Z_launch_instantiate(instance);
  return (uint64_t)(uintptr_t)instance;
}

/** Where its memory is now, which moves when it grows; the size goes to `size`. */
EXPORT uint64_t orlop_memory(uint64_t address, uint64_t *size) {
  wasm_rt_memory_t *memory = Z_launchZ_memory((Instance *)(uintptr_t)address);
  *size = memory->size;
  return (uint64_t)(uintptr_t)memory->data;
}

/** The functions in the order of src/cli/compiled.ts. Below 0: the number of a trap, negated. */
EXPORT int64_t orlop_call(uint64_t address, int function, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e,
                          uint32_t f) {
  Instance *instance = (Instance *)(uintptr_t)address;
  int trap = wasm_rt_impl_try();
  if (trap != 0) return -(int64_t)trap;
  switch (function) {
    case 0: return Z_launchZ_abiVersion(instance);
    case 1: return Z_launchZ_allocate(instance, a);
    case 2: return Z_launchZ_result(instance);
    case 3: return Z_launchZ_resultLength(instance);
    case 4: return Z_launchZ_reset(instance), 0;
    case 5: return Z_launchZ_plan(instance, a, b, c, d);
    case 6: return Z_launchZ_prepare(instance, a, b, c, d);
    case 7: return Z_launchZ_exec(instance, a, b, c, d, e, f);
    case 8: return Z_launchZ_update(instance, a, b, c, d);
    case 9: return Z_launchZ_image(instance, a, b);
    case 10: return Z_launchZ_rows(instance);
    case 11: return Z_launchZ_failure(instance, a, b, c, d);
    case 12: return Z_launchZ_place(instance, a);
    case 13: return Z_launchZ_filter(instance, a);
    default: return Z_launchZ_features(instance);
  }
}
