//go:build !purego

#include "textflag.h"

// FOLD moves a block by the distance that the constants in X8 stand for. PCLMULQDQ
// multiplies the lower halves ($0x00) or the upper ones ($0x11).
#define FOLD(x, upper) \
	MOVOA     x, upper         \
	PCLMULQDQ $0x00, X8, x     \
	PCLMULQDQ $0x11, X8, upper \
	PXOR      upper, x

// func fold(state uint64, p []byte, by *[4]uint64, remainder *[16]byte)
TEXT ·fold(SB), NOSPLIT, $0-48
	MOVQ p_base+8(FP), SI
	MOVQ p_len+16(FP), CX
	MOVQ by+32(FP), BX
	MOVQ remainder+40(FP), DI

	// Four lanes: a product takes several cycles, but one can begin in each.
	MOVOU (SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	MOVQ  state+0(FP), X4 // the upper half becomes 0
	PXOR  X4, X0
	MOVOU (BX), X8
	ADDQ  $64, SI
	SUBQ  $64, CX
	CMPQ  CX, $64
	JB    join

lanes:
	FOLD(X0, X4)
	FOLD(X1, X5)
	FOLD(X2, X6)
	FOLD(X3, X7)
	MOVOU (SI), X9
	MOVOU 16(SI), X10
	MOVOU 32(SI), X11
	MOVOU 48(SI), X12
	PXOR  X9, X0
	PXOR  X10, X1
	PXOR  X11, X2
	PXOR  X12, X3
	ADDQ  $64, SI
	SUBQ  $64, CX
	CMPQ  CX, $64
	JAE   lanes

join:
	MOVOU 16(BX), X8
	FOLD(X0, X4)
	PXOR  X1, X0
	FOLD(X0, X4)
	PXOR  X2, X0
	FOLD(X0, X4)
	PXOR  X3, X0

blocks:
	CMPQ  CX, $16
	JB    done
	FOLD(X0, X4)
	MOVOU (SI), X9
	PXOR  X9, X0
	ADDQ  $16, SI
	SUBQ  $16, CX
	JMP   blocks

done:
	MOVOU X0, (DI)
	RET
