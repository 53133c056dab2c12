// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/goleak"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

// No upload outlives its call.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func of(env *instrumentationtest.Env) transcriber {
	return transcriber{client: env.Client(), baseURL: env.URL, key: "any", model: "voxtral-mini-latest"}
}

func TestSpanHasTheTextAndNotTheRecording(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Text("Good morning."))
	text, err := of(env).transcribe(env.Context(), "tone.wav", bytes.NewReader(tone()), "en")
	require.NoError(t, err)
	assert.Equal(t, "Good morning.", text)
	assert.Contains(t, string(env.Requests()[0].Body), string(tone()))

	spans := env.Spans()
	require.Equal(t, []string{"audio.transcriptions voxtral-mini-latest"}, exampletest.Paths(spans))
	call := spans[0]
	assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
	assert.Equal(t, semconv.RouteTranscription, call.Attr(semconv.MistralOperationKey).AsString())
	assert.Equal(t, attribute.Value{}, call.Attr(semconv.GenAIOperationNameKey))
	assert.Equal(t, "en", call.Attr(semconv.MistralRequestLanguageKey).AsString())
	assert.InDelta(t, 1, call.Attr(semconv.MistralUsageAudioSecondsKey).AsFloat64(), 0)
	require.Len(t, call.Output(), 1)
	assert.Equal(t, text, call.Output()[0].Text())
	for _, kv := range call.Attributes() {
		assert.NotContains(t, kv.Value.String(), "tone.wav", kv.Key)
	}
}

func TestRefusedRecordingIsAnError(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Error(429, ""))
	_, err := of(env).transcribe(env.Context(), "tone.wav", bytes.NewReader(tone()), "")
	require.ErrorContains(t, err, "429")
	assert.Equal(t, semconv.OutcomeRefused, env.Spans()[0].Outcome())
}

func TestRecordingThatCannotBeReadIsNotSent(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	broken := errors.New("broken")
	_, err := of(env).transcribe(env.Context(), "tone.wav", iotest.ErrReader(broken), "")
	require.ErrorIs(t, err, broken)
	assert.Equal(t, semconv.OutcomeFailed, env.Wait(1)[0].Outcome())
}

func TestUploadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	ctx, cancel := context.WithCancel(env.Context())
	cancel()
	_, err := of(env).transcribe(ctx, "tone.wav", bytes.NewReader(tone()), "")
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, semconv.OutcomeCancelled, env.Wait(1)[0].Outcome())
}

func TestProgramPrintsWhatWasSaid(t *testing.T) {
	out := exampletest.Run(t, program())
	assert.Contains(t, out, said+"\n")
	assert.Contains(t, out, "audio.transcriptions voxtral-mini-latest")
}

func TestProgramTakesAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.wav")
	require.NoError(t, os.WriteFile(file, tone(), 0o600))
	p := program(file)
	p.Answers["a.wav"] = "From the file."
	assert.Contains(t, exampletest.Run(t, p), "From the file.\n")

	_, _, err := open([]string{filepath.Join(t.TempDir(), "none.wav")})
	require.ErrorIs(t, err, os.ErrNotExist)
}
