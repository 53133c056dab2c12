// SPDX-License-Identifier: Apache-2.0

package jsontrim_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testenv"
)

// TestTrimmerReadsRecordedTraffic compares the copies of real requests and
// replies with what encoding/json makes of them.
func TestTrimmerReadsRecordedTraffic(t *testing.T) {
	read := 0
	err := filepath.WalkDir(testenv.Shared(t, "cassettes"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		doc, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		t.Run(filepath.Base(path), func(t *testing.T) {
			checkAgainstReference(t, doc)
			for _, s := range shapes {
				bulk := s.shape.Bulk()
				whole := trim(bulk, unlimited, string(doc))
				require.Equal(t, whole, trim(bulk, unlimited, pieces(string(doc), 1)...))
				require.Equal(t, whole, trim(bulk, unlimited, pieces(string(doc), 4096)...))
			}
		})
		return nil
	})
	require.NoError(t, err)
	assert.NotZero(t, read)
}
