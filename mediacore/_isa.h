/* Which form of a kernel runs here: plain C, AVX2, or AVX-512 with the byte and word instructions.

   A wheel is built for baseline x86-64 and a kernel that wants more is compiled several times in the same
   file, one wrapper per target. MEDIACORE_ISA forces a form. */
#ifndef MEDIACORE_ISA_H
#define MEDIACORE_ISA_H

#include <stdlib.h>
#include <string.h>

enum { ISA_PLAIN = 0, ISA_AVX2 = 1, ISA_AVX512 = 2 };

#if defined(__x86_64__) && defined(__GNUC__)
#define MEDIACORE_X86 1
#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,fma")))
#define TARGET_AVX512 __attribute__((target("arch=x86-64-v4,prefer-vector-width=512")))
#else
#define MEDIACORE_X86 0
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static const char *isa_name(int level) {
    return level == ISA_AVX512 ? "avx512" : level == ISA_AVX2 ? "avx2" : "plain";
}

static int isa_of_processor(void) {
#if MEDIACORE_X86
    __builtin_cpu_init();
#if __GNUC__ >= 12 && !defined(__clang__)
    int avx2 = __builtin_cpu_supports("x86-64-v3"), avx512 = __builtin_cpu_supports("x86-64-v4");
#else /* what can be asked by name of all that these targets may use */
    int avx2 = __builtin_cpu_supports("avx") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512cd");
#endif
    if (avx2) return avx512 ? ISA_AVX512 : ISA_AVX2;
#endif
    return ISA_PLAIN;
}

/* The form to run; -1 if MEDIACORE_ISA names none, or one that the processor lacks. */
static int isa_chosen(void) {
    const char *asked = getenv("MEDIACORE_ISA");
    int best = isa_of_processor();
    if (!asked || !*asked) return best;
    for (int level = ISA_PLAIN; level <= best; level++)
        if (!strcmp(asked, isa_name(level))) return level;
    return -1;
}

#endif
