// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"time"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/sse"
	"github.com/otelmistral/otelmistral/semconv"
)

// audioStream reads the stream of a transcription or of speech. Its last event
// is what a reply in one piece would be; the deltas before count only if that
// does not come.
type audioStream struct {
	events
	reply *document
	fold  fold
	whole bool // the last event has come
}

// audioStreamOf returns how an endpoint reads streams that end with a reply.
func audioStreamOf(reply *document) func(call *genai.Call, start time.Time, l Limits) Reply {
	return func(call *genai.Call, start time.Time, l Limits) Reply {
		s := &audioStream{events: newEvents(call, start, l), reply: reply, fold: newFold(l)}
		s.begin(s.event)
		return s
	}
}

func (s *audioStream) Complete() bool { return s.done && !s.failed }

func (s *audioStream) Fill() {
	s.flush()
	if !s.whole {
		s.call.Response.Choices = s.fold.result(s.call)
	}
}

// event takes one event; it returns false when the stream is at its end.
func (s *audioStream) event(e sse.Event) bool {
	if string(e.Data) == "[DONE]" {
		s.done = true
		return false
	}
	s.came()
	var a audioEvent
	understood := a.parse(e.Data) && !e.Oversize
	is := func(kind string) bool { return e.Name == kind || e.Name == "" && a.kind.Is(kind) }
	switch {
	case e.Name == "error", understood && a.failure:
		s.fail(e.Data)
		return false
	case (is("transcription.done") || is("speech.audio.done")) && (understood || e.Oversize):
		s.end(e, &a)
		return false
	case e.Oversize && is("speech.audio.delta"):
		s.spoke() // nothing else of it would be read
	case !understood:
		s.misunderstood()
	case is("transcription.language"):
		note(s.call, semconv.MistralResponseLanguageKey, name(a.language))
	case is("transcription.text.delta"):
		if !a.text.Empty() {
			s.spoke()
			s.fold.append(s.fold.choice(0), genai.PartText, a.text, s.call)
		}
	case is("transcription.segment") && !a.text.Empty(), is("speech.audio.delta") && a.audio:
		s.spoke()
	}
	return true
}

// end takes the last event.
func (s *audioStream) end(e sse.Event, a *audioEvent) {
	if !a.text.Empty() {
		s.spoke()
	}
	if e.Oversize {
		s.misunderstood()
	}
	r := newJSONReply(s.call, s.reply, s.limits)
	r.Write(e.Data)
	r.Fill()
	s.done, s.whole = true, true
}

// audioEvent is what is read of the data of every event.
type audioEvent struct {
	kind     jsonscan.Text
	text     jsonscan.Text
	language jsonscan.Text
	audio    bool
	failure  bool
}

// parse reads the data of one event. Data that is not wholly valid gives false.
func (a *audioEvent) parse(data []byte) bool {
	c := jsonscan.New(data)
	if c.Kind() != jsonscan.KindObject {
		return false
	}
	c.Object()
	for c.Member() {
		switch string(c.Key()) {
		case "type":
			a.kind, _ = c.Text()
		case "text":
			a.text, _ = c.Text()
		case "audio_language":
			a.language, _ = c.Text()
		case "audio_data":
			t, _ := c.Text()
			a.audio = !t.Empty()
		case "object", "error":
			a.failure = tellsFailure(&c) || a.failure
		default:
			c.Skip()
		}
	}
	return c.End()
}
