// SPDX-License-Identifier: Apache-2.0

package respan

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
)

// Check 7 of the reference, the part of it that is not on the wire.
func TestTimeLimits(t *testing.T) {
	o := Config{}.otlp("https://host", "k")
	assert.Equal(t, 30*time.Second, o.Timeout)
	assert.Equal(t, 2*time.Minute, o.Retry.Elapsed)
	assert.False(t, o.Gzip)
	assert.False(t, o.JSON)

	c := Config{Timeout: time.Second, Retry: destination.Retry{Elapsed: -1}}
	o = c.otlp("https://host", "k")
	assert.Equal(t, time.Second, o.Timeout)
	assert.Negative(t, o.Retry.Elapsed)
}
