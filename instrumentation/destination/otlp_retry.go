// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Default retries.
const (
	DefaultRetryInitial = time.Second
	DefaultRetryMax     = 15 * time.Second
	DefaultRetryElapsed = time.Minute
)

// Retry says how long a request is tried again. The wait doubles from one
// attempt to the next and is shortened by up to a half at random, so that many
// processes do not come back at the same moment. Where the backend asks for a
// longer wait, it gets it. A field that is 0 means its default.
//
// While a request is tried again, later spans wait in the queue, see [Limits].
type Retry struct {
	// Initial is the wait after the first attempt.
	Initial time.Duration
	// Max is the longest wait, but for one that the backend asks for.
	Max time.Duration
	// Elapsed is the time after which no further attempt begins, counted from
	// the first one. Negative: each request is tried once.
	Elapsed time.Duration
}

func (r Retry) withDefaults() Retry {
	if r.Initial <= 0 {
		r.Initial = DefaultRetryInitial
	}
	if r.Max <= 0 {
		r.Max = max(DefaultRetryMax, r.Initial)
	}
	if r.Elapsed == 0 {
		r.Elapsed = DefaultRetryElapsed
	}
	return r
}

// wait returns the time to wait after attempt n, which counts from 0.
func (r Retry) wait(n int, asked time.Duration) time.Duration {
	d := r.Initial
	for range n {
		if d *= 2; d >= r.Max {
			break
		}
	}
	d = min(d, r.Max)
	d -= rand.N(d/2 + 1) //nolint:gosec // spreads requests, guards nothing
	return max(d, asked)
}

// maxAsked bounds what a backend may ask for, so that sums of it stay valid.
const maxAsked = 24 * time.Hour

// retryAfter reads the wait that an answer asks for: the header in seconds or as
// a date, else a member "retry_after" in seconds of a JSON body, as Respan sends
// it. It returns 0 when there is none.
func retryAfter(header http.Header, body []byte) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if date, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(date), 0), maxAsked)
	}
	if text == "" {
		var answer struct {
			RetryAfter json.RawMessage `json:"retry_after"`
		}
		if json.Unmarshal(body, &answer) != nil {
			return 0
		}
		text = strings.Trim(string(answer.RetryAfter), `"`)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || !(seconds > 0): // also for NaN
		return 0
	case seconds >= maxAsked.Seconds():
		return maxAsked
	}
	return time.Duration(seconds * float64(time.Second))
}
