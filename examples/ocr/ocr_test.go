// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/examples/internal/exampletest"
	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

func of(env *instrumentationtest.Env) reader {
	return reader{client: env.Client(), baseURL: env.URL, key: "any", model: "mistral-ocr-latest"}
}

func TestSpanHasTheTextAndNotTheDocument(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	text, err := of(env).read(env.Context(), "invoice.pdf", invoice)
	require.NoError(t, err)
	assert.Contains(t, text, "# Page 1\n")

	spans := env.Spans()
	require.Equal(t, []string{"generate_content mistral-ocr-latest"}, exampletest.Paths(spans))
	call := spans[0]
	assert.Equal(t, semconv.OutcomeCompleted, call.Outcome())
	assert.Equal(t, semconv.OperationGenerateContent, call.Attr(semconv.GenAIOperationNameKey).AsString())
	assert.Equal(t, int64(1), call.Attr(semconv.MistralOCRUsagePagesProcessedKey).AsInt64())
	assert.Equal(t, int64(len(invoice)), call.Attr(semconv.MistralOCRUsageDocSizeBytesKey).AsInt64())
	assert.Equal(t, text, call.Output()[0].Text())

	sent := call.Attr(semconv.GenAIInputMessagesKey).AsString()
	assert.Contains(t, sent, `"application/pdf"`)
	assert.Contains(t, sent, `"sha256"`)
	assert.Contains(t, string(env.Requests()[0].Body), base64.StdEncoding.EncodeToString(invoice))
	assert.NotContains(t, sent, base64.StdEncoding.EncodeToString(invoice[:30]))
}

func TestPagesAreJoined(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.JSON(`{"pages":[{"markdown":"a"},{"markdown":"b"}],"usage_info":{"pages_processed":2}}`))
	text, err := of(env).read(env.Context(), "x", nil)
	require.NoError(t, err)
	assert.Equal(t, "a\n\nb", text)
	assert.Equal(t, int64(2), env.Spans()[0].Attr(semconv.MistralOCRUsagePagesProcessedKey).AsInt64())
}

func TestRefusedDocumentIsAnError(t *testing.T) {
	t.Parallel()
	env := instrumentationtest.New(t)
	env.Reply(instrumentationtest.Error(429, ""))
	_, err := of(env).read(env.Context(), "x", invoice)
	require.ErrorContains(t, err, "429")
	assert.Equal(t, semconv.OutcomeRefused, env.Spans()[0].Outcome())
}

func TestProgramPrintsTheInvoice(t *testing.T) {
	out := exampletest.Run(t, program)
	assert.Contains(t, out, program.Answers["invoice.pdf"])
	assert.Contains(t, out, "generate_content mistral-ocr-latest")
}
