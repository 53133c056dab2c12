// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelmistral/otelmistral/internal/genai"
)

// The lowest of several runs counts: the garbage collector may empty the pool.
func TestALongStreamAllocatesItsTextAndLittleMore(t *testing.T) {
	const chunks, word = 5000, " cheese"
	chunk, end := []byte(event(delta(`{"content":"`+word+`"}`))), []byte(event(last(`{}`, "stop"))+event(done))
	least := uint64(math.MaxUint64)
	var call genai.Call
	for range 20 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		call = genai.Call{}
		r := chatRoute.NewReply(&call, true, time.Now(), withContent)
		for range chunks {
			r.Write(chunk)
		}
		r.Write(end)
		r.Fill()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	assert.Equal(t, []genai.Choice{assistant("stop", textPart(strings.Repeat(word, chunks)))}, call.Response.Choices)
	assert.Less(t, least, uint64(chunks*len(word)+64<<10))
}

func TestCallsDoNotShareTheirTexts(t *testing.T) {
	var wait sync.WaitGroup
	for _, word := range []string{"a", "b", "c", "d"} {
		wait.Go(func() {
			var body strings.Builder
			for range 100 {
				body.WriteString(event(delta(`{"reasoning":"` + word + word + `"}`)))
				body.WriteString(event(delta(`{"content":"` + word + `"}`)))
			}
			var kept []genai.Call
			for range 20 {
				call, _ := parseStream(withContent, []byte(body.String()))
				kept = append(kept, call)
			}
			for i := range kept {
				for _, part := range kept[i].Response.Choices[0].Message.Parts {
					assert.Empty(t, strings.Trim(string(part.JSON), `"`+word))
				}
			}
		})
	}
	wait.Wait()
}

func TestBuffersThatGrewTooLongAreNotKept(t *testing.T) {
	room := 1 << 20
	var long text
	long.borrow()
	long.append(make([]byte, maxKept+1), room, &room)
	long.giveBack()
	var next text
	next.borrow()
	assert.LessOrEqual(t, cap(next.buf), maxKept)

	next.append([]byte("a"), room, &room)
	next.giveBack()
	assert.Nil(t, next.buf)
	next.giveBack() // nothing to give back
}

func TestACallBorrowsOneBuffer(t *testing.T) {
	s := newStream(&genai.Call{}, time.Time{}, withContent)
	for _, fields := range []string{`{"reasoning":"a"}`, `{"content":"b"}`, `{"reasoning":"c"}`} {
		s.Write([]byte(event(delta(fields))))
	}
	borrowed := 0
	for _, part := range s.fold.choices[0].parts {
		if part.text.borrowed != nil {
			borrowed++
		}
	}
	assert.Equal(t, 1, borrowed)
	s.Fill()
}
