/*
 * Start-up for C on an MPS2 AN386 (Cortex-M4F) as QEMU plays it, with newlib and semihosting.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void Reset(void);
void _start(void); /* newlib: clears .bss, calls main, exits */
extern uint32_t __StackTop[];

static void fault(void) {
    puts("fault");
    exit(102);
}

/* Called by the static library instead of a panic, which no input reaches. */
void omadm_panic(void) {
    puts("panic");
    exit(101);
}

struct vectors {
    uint32_t *stack;
    void (*handlers[15])(void);
};

__attribute__((used, section(".vectors"))) static const struct vectors vectors = {
    __StackTop,
    {Reset, fault, fault, fault, fault, fault},
};

/* In RAM already: QEMU loads the whole image, so there is no .data to copy. */
void Reset(void) {
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: floating point */
    __asm volatile("dsb\n\tisb");
    _start();
}
