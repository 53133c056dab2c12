// SPDX-License-Identifier: Apache-2.0

package sse

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzDecoder compares the decoder with the plain reading of the specification, for the whole input, single bytes
// and random pieces.
func FuzzDecoder(f *testing.F) {
	for i, tt := range grammar {
		f.Add([]byte(tt.input), uint64(i), uint16(i))
	}
	f.Add([]byte("data: 12345\ndata: 67890\n\ndata: next\n\n"), uint64(1), uint16(10))
	f.Add([]byte("data: "+strings.Repeat("x", 5000)+"\r\n\r\ndata: next\r\n\r\n"), uint64(2), uint16(4095))
	f.Add([]byte("event: message.output.delta\ndata: {\"type\":\"message.output.delta\"}\n\n"), uint64(3), uint16(0))

	f.Fuzz(func(t *testing.T, input []byte, seed uint64, limit16 uint16) {
		s, limit := string(input), int(limit16)
		if limit == 0 {
			limit = DefaultLimit
		}
		want := specDecodeAll(s, limit)
		require.Equal(t, want, decode(t, limit, s), "whole")
		require.Equal(t, want, decode(t, limit, pieces(s, 1)...), "bytes")
		r := rand.New(rand.NewPCG(seed, 0))
		require.Equal(t, want, decode(t, limit, randomPieces(s, r)...), "random pieces")
		if len(s) <= 256 { // quadratic
			requireTimely(t, s, limit)
		}
	})
}
