// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsonscan"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
)

// maxChoices and maxPieces bound what a hostile stream can make us keep: the
// number of choices, and of parts and tool calls in all of them.
const (
	maxChoices = 128
	maxPieces  = 2048
)

// fold gathers the deltas of a stream into choices.
type fold struct {
	limits  Limits
	room    int // what is left of limits.Total
	pieces  int // parts and tool calls so far
	choices []foldedChoice
	effect  effect
	lent    bool // the call has its buffer
	// piece is the delta at hand, unescaped, if it does not stand for itself.
	// What of it goes beyond the limits must not make the choice's own buffers
	// grow.
	piece []byte
	// trimmer reads chunks that are neither text nor thinking.
	trimmer jsontrim.Trimmer
}

// effect is what one chunk changed that it would change again if it came again.
type effect struct {
	changes int
	text    *text         // what the last of the changes made longer, nil without content
	by      jsonscan.Text // by this
}

// growth returns what made a text longer, if nothing else was changed.
func (e *effect) growth() jsonscan.Text {
	if e.changes != 1 {
		return jsonscan.Text{}
	}
	return e.by
}

func newFold(l Limits) fold { return fold{limits: l, room: l.Total} }

type foldedChoice struct {
	index  int64
	finish string
	at     int64 // the place of the content at hand
	parts  []foldedPart
	tools  []foldedTool
}

// foldedPart is a run of deltas of one kind, text or reasoning, or a part that
// came whole.
type foldedPart struct {
	at    int64          // its place in the list of contents, where there is one
	kind  genai.PartType // "" if it came whole
	text  text
	whole genai.Part
}

type foldedTool struct {
	index     genai.Opt[int64]
	id, name  string
	arguments text
}

// add folds one choice of a chunk in. It tells whether the model said
// something with it.
func (f *fold) add(ch *chunkChoice, call *genai.Call) (spoke bool) {
	choice := f.choice(ch.index)
	if choice == nil {
		f.fail(call)
		return false
	}
	choice.at = ch.at
	if !ch.finish.Empty() {
		choice.finish = name(ch.finish)
	}
	if !ch.reasoning.Empty() {
		f.append(choice, genai.PartReasoning, ch.reasoning, call)
		spoke = true
	}
	if !ch.text.Empty() {
		f.append(choice, genai.PartText, ch.text, call)
		spoke = true
	}
	if ch.content != nil && f.addContent(choice, ch.content, call) {
		spoke = true
	}
	if ch.toolCalls != nil && f.addToolCalls(choice, ch.toolCalls, call) {
		spoke = true
	}
	return spoke
}

func (f *fold) choice(index int64) *foldedChoice {
	for i := len(f.choices) - 1; i >= 0; i-- {
		if f.choices[i].index == index {
			return &f.choices[i]
		}
	}
	if len(f.choices) >= maxChoices {
		return nil
	}
	f.choices = append(f.choices, foldedChoice{index: index})
	return &f.choices[len(f.choices)-1]
}

// append adds text to the last part of the content at hand, or begins another
// part if that is of another kind.
func (f *fold) append(choice *foldedChoice, kind genai.PartType, s jsonscan.Text, call *genai.Call) {
	if !f.limits.Content {
		f.grow(nil, s)
	} else if last := choice.last(); last != nil && last.kind == kind {
		f.grow(&last.text, s)
	} else if part := f.addPart(choice, call); part != nil {
		part.kind = kind
		if !f.lent {
			f.lent = true
			part.text.borrow()
		}
		f.grow(&part.text, s)
	}
}

// grow makes a text longer; nil if it is not kept.
func (f *fold) grow(t *text, s jsonscan.Text) {
	f.effect.changes++
	f.effect.text, f.effect.by = t, s
	f.repeat(s)
}

// repeat does what the last chunk did, whose effect was a growth, with another
// string.
func (f *fold) repeat(s jsonscan.Text) {
	if f.effect.text == nil {
		return
	}
	piece, ok := s.Literal()
	if !ok {
		f.piece = s.Append(f.piece[:0])
		piece = f.piece
	}
	f.effect.text.append(piece, f.limits.Part, &f.room)
}

// fail counts what could not be kept.
func (f *fold) fail(call *genai.Call) {
	f.effect.changes++
	call.DecodeErrors++
}

// last finds the last part of the content at hand; nil if there is none.
func (choice *foldedChoice) last() *foldedPart {
	for i := len(choice.parts) - 1; i >= 0; i-- {
		if part := &choice.parts[i]; part.at == choice.at {
			return part
		}
	}
	return nil
}

// more tells whether there may be one more part or tool call.
func (f *fold) more(call *genai.Call) bool {
	if f.pieces >= maxPieces {
		f.fail(call)
		return false
	}
	f.pieces++
	return true
}

// addPart adds a part, or returns nil when there are too many.
func (f *fold) addPart(choice *foldedChoice, call *genai.Call) *foldedPart {
	if !f.more(call) {
		return nil
	}
	choice.parts = append(choice.parts, foldedPart{at: choice.at})
	return &choice.parts[len(choice.parts)-1]
}

// addWhole adds a chunk that is neither text nor thinking. It is read as in a
// reply that is one JSON value: what is secret or base64 must not be kept.
func (f *fold) addWhole(choice *foldedChoice, raw []byte, call *genai.Call) {
	c := jsonscan.New(f.trim(raw, call))
	p := parts{limits: f.limits}
	for _, whole := range p.appendChunk(nil, &c) {
		if part := f.addPart(choice, call); part != nil {
			part.whole = whole
		}
	}
}

// trim returns as much of a value as there is room for, in a copy for the record.
func (f *fold) trim(raw []byte, call *genai.Call) []byte {
	f.effect.changes++
	if f.room <= 0 {
		call.DroppedBytes += int64(len(raw))
		return nil
	}
	l := f.limits
	l.Total = f.room
	f.trimmer.Reset(content, l.trim())
	_, _ = f.trimmer.Write(raw)
	doc := f.trimmer.End()
	f.room -= len(doc)
	call.DroppedBytes += f.trimmer.Dropped()
	return bytes.Clone(doc)
}

// addContent folds a delta in whose content is a list of chunks, or one chunk.
func (f *fold) addContent(choice *foldedChoice, content []byte, call *genai.Call) (spoke bool) {
	c := jsonscan.New(content)
	switch c.Kind() {
	case jsonscan.KindArray:
		c.Array()
		for c.Element() {
			spoke = f.addChunk(choice, &c, call) || spoke
		}
	case jsonscan.KindObject:
		spoke = f.addChunk(choice, &c, call)
	case jsonscan.KindNull:
	default:
		f.fail(call)
	}
	return spoke
}

func (f *fold) addChunk(choice *foldedChoice, c *jsonscan.Cursor, call *genai.Call) (spoke bool) {
	add := func(kind genai.PartType, t jsonscan.Text) {
		if !t.Empty() {
			f.append(choice, kind, t, call)
			spoke = true
		}
	}
	if c.Kind() == jsonscan.KindString {
		t, _ := c.Text()
		add(genai.PartText, t)
		return spoke
	}
	w := readChunk(c)
	body := jsonscan.New(w.body)
	switch {
	case w.kind.Is("text") && body.Kind() == jsonscan.KindString:
		t, _ := body.Text()
		add(genai.PartText, t)
	case w.kind.Is("thinking"):
		eachThought(w.body, func(t jsonscan.Text) { add(genai.PartReasoning, t) })
	case w.raw != nil && f.limits.Content:
		f.addWhole(choice, w.raw, call)
	}
	return spoke
}

func (f *fold) addToolCalls(choice *foldedChoice, calls []byte, call *genai.Call) (spoke bool) {
	c := jsonscan.New(calls)
	if !c.Array() {
		return false
	}
	for c.Element() {
		w := readToolCall(&c)
		f.addToolCall(choice, &w, call)
		spoke = true
	}
	return spoke
}

// addToolCall folds a tool call in, or a piece of one.
func (f *fold) addToolCall(choice *foldedChoice, w *wireToolCall, call *genai.Call) {
	if !f.limits.Content {
		return
	}
	tool := choice.tool(w)
	if tool == nil {
		if !f.more(call) {
			return
		}
		f.effect.changes++
		choice.tools = append(choice.tools, foldedTool{index: w.index})
		tool = &choice.tools[len(choice.tools)-1]
	}
	if tool.id == "" {
		tool.id = name(w.idText())
	}
	if tool.name == "" {
		tool.name = name(w.name)
	}
	f.addArguments(tool, w.arguments)
}

// addArguments adds arguments, or a piece of them, to those of a tool call.
func (f *fold) addArguments(tool *foldedTool, arguments []byte) {
	c := jsonscan.New(arguments)
	switch c.Kind() {
	case jsonscan.KindNone, jsonscan.KindNull:
	case jsonscan.KindString:
		t, _ := c.Text()
		f.grow(&tool.arguments, t)
	default:
		f.effect.changes++
		tool.arguments.append(f.limits.trimmed(arguments), f.limits.Part, &f.room)
	}
}

// tool finds the tool call that a piece belongs to, nil if it begins one. Mistral's models send each
// call in one piece; other models begin with id, name and index and go on with
// the index alone. Servers without an index begin a call with an id or a name.
func (choice *foldedChoice) tool(w *wireToolCall) *foldedTool {
	id := name(w.idText())
	for i := len(choice.tools) - 1; i >= 0; i-- {
		tool := &choice.tools[i]
		switch {
		case w.index.Set && tool.index != w.index:
			continue
		case id != "" && tool.id != "" && id != tool.id:
			// Another call, although the index may be the same.
			continue
		case !w.index.Set && id == "" && !w.name.Empty():
			continue
		}
		return tool
	}
	return nil
}

// complete tells whether every one of n choices has a finish reason; n is 0
// when the request did not say.
func (f *fold) complete(n int64) bool {
	for i := range f.choices {
		if f.choices[i].finish == "" {
			return false
		}
	}
	return len(f.choices) > 0 && int64(len(f.choices)) >= n
}

// result gives the choices in order of their index, and counts what the limits
// cut.
func (f *fold) result(call *genai.Call) []genai.Choice {
	slices.SortStableFunc(f.choices, func(a, b foldedChoice) int { return cmp.Compare(a.index, b.index) })
	choices := make([]genai.Choice, len(f.choices))
	for i := range f.choices {
		folded := &f.choices[i]
		choices[i].Index, choices[i].FinishReason = folded.index, folded.finish
		m := &choices[i].Message
		m.Role = "assistant"
		slices.SortStableFunc(folded.parts, func(a, b foldedPart) int { return cmp.Compare(a.at, b.at) })
		for j := range folded.parts {
			m.Parts = append(m.Parts, folded.parts[j].part())
			call.DroppedBytes += folded.parts[j].text.cut
			folded.parts[j].text.giveBack()
		}
		for j := range folded.tools {
			m.Parts = append(m.Parts, folded.tools[j].part())
			call.DroppedBytes += folded.tools[j].arguments.cut
		}
	}
	return choices
}

func (p *foldedPart) part() genai.Part {
	if p.kind == "" {
		return p.whole
	}
	return genai.Part{Type: p.kind, JSON: p.text.quoted()}
}

func (t *foldedTool) part() genai.Part {
	part := genai.Part{Type: genai.PartToolCall, ID: t.id, Name: t.name}
	if t.arguments.cut == 0 {
		setArgumentText(&part, t.arguments.buf)
	} else {
		part.JSON = t.arguments.quoted()
	}
	return part
}
