package crc64

const (
	block = 16 // bytes that a kernel folds at a time
	lanes = 4  // blocks that it folds beside one another

	// kernelMin is from how many bytes on a kernel is faster than tables, though
	// its remainder costs them a block.
	kernelMin = 2 * block * lanes
)

// foldBy is what a kernel multiplies with, to move a block by as many bits as
// lie between it and the one that it is added to: D, first all lanes, then one.
//
// A block of 128 bits is H·x^64 + L, and H lies in its lower half. Moved by D it is
// congruent to H·(x^(D+64) mod P) + L·(x^D mod P), which has 128 bits again. The
// product of two reflected halves comes out of the processor one bit too
// high, that is, times x: hence the powers here are less by one.
var foldBy = [4]uint64{
	power(8*block*lanes + 64 - 1), power(8*block*lanes - 1),
	power(8*block + 64 - 1), power(8*block - 1),
}
