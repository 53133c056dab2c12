// SPDX-License-Identifier: Apache-2.0

package jsontrim_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

func TestCutKeepsWholeRunesAndTheTextAsItWas(t *testing.T) {
	for limit, want := range map[int]string{
		6: "abcdé", 5: "abcd...[2 bytes cut]", 4: "abcd...[2 bytes cut]", 1: "a...[5 bytes cut]", 0: "...[6 bytes cut]",
	} {
		text := []byte("abcdé")
		assert.Equal(t, want, string(jsontrim.Cut(text, limit)))
		assert.Equal(t, "abcdé", string(text))
	}
}
