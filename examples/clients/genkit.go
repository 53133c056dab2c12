// SPDX-License-Identifier: Apache-2.0

package main

// github.com/firebase/genkit/go, Google's framework, with its plugin compat_oai
// against Mistral's API.
//
// It takes an http.Client in OpenAICompatible.Opts, and the address of the API in
// OpenAICompatible.BaseURL. It hands on the context, and makes spans of its own
// with the global TracerProvider: a call is a child of Genkit's span of the
// model, which is below the span in ctx. A cancelled ctx ends a call as
// "cancelled".
//
// What its users see is what those of openai.go see, whose first version it
// wraps, and besides:
//
//   - Set up OpenTelemetry before Genkit's first call. Where the global
//     TracerProvider is none of the SDK's, Genkit replaces it by one that exports
//     nothing: the calls are recorded all the same, the spans between them and
//     yours are not.
//   - Genkit's spans have input and output as genkit:input and genkit:output,
//     whatever the transport is told about content, and no tokens that could be
//     counted twice.
//   - It calls the tools itself, and sends what they return as JSON, a text in
//     quotes. So the spans say.
//   - The program gets nothing of a stream that fails but the error.

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/genkit"
	"github.com/firebase/genkit/go/plugins/compat_oai"
	"github.com/openai/openai-go/option"
)

const genkitProvider = "mistral"

type genkitAI struct {
	genkit  *genkit.Genkit
	weather ai.Tool
}

// newGenkit makes a Genkit with the API at baseURL, such as
// https://api.mistral.ai. Its calls are observed if httpClient observes:
//
//	httpClient := &http.Client{Transport: roundtripper.New(nil)}
//
// Genkit listens for signals until ctx ends.
func newGenkit(ctx context.Context, httpClient *http.Client, baseURL, key string) genkitAI {
	g := genkit.Init(ctx, genkit.WithPlugins(&compat_oai.OpenAICompatible{
		Provider: genkitProvider,
		BaseURL:  baseURL + "/v1",
		APIKey:   key,
		Opts:     []option.RequestOption{option.WithHTTPClient(httpClient)},
	}))
	tool := genkit.DefineTool(g, weather.name, weather.description,
		func(_ *ai.ToolContext, input any) (string, error) {
			arguments, err := json.Marshal(input)
			return weather.run(string(arguments)), err
		}, ai.WithInputSchema(weather.parameters))
	return genkitAI{g, tool}
}

func (g genkitAI) chat(ctx context.Context, q question) (reply, error) {
	return g.generate(ctx, q)
}

func (g genkitAI) stream(ctx context.Context, q question, each func(text string) error) (reply, error) {
	return g.generate(ctx, q, ai.WithStreaming(func(_ context.Context, chunk *ai.ModelResponseChunk) error {
		return each(chunk.Text())
	}))
}

// tools offers a tool, which Genkit calls for the model until that has its answer.
func (g genkitAI) tools(ctx context.Context, q question) (reply, error) {
	return g.generate(ctx, q, ai.WithTools(g.weather), ai.WithMaxTurns(maxTurns))
}

func (g genkitAI) generate(ctx context.Context, q question, opts ...ai.GenerateOption) (reply, error) {
	answer, err := genkit.Generate(ctx, g.genkit, append(opts,
		ai.WithModelName(genkitProvider+"/"+q.model),
		ai.WithMessages(ai.NewUserTextMessage(q.text)))...)
	if err != nil {
		return reply{}, err
	}
	r := reply{
		text:   answer.Text(),
		finish: string(answer.FinishReason),
		in:     answer.Usage.InputTokens,
		out:    answer.Usage.OutputTokens,
	}
	for _, message := range answer.History() {
		for _, part := range message.Content {
			if part.IsToolRequest() {
				arguments, err := json.Marshal(part.ToolRequest.Input)
				if err != nil {
					return r, err
				}
				r.calls = append(r.calls, fmt.Sprintf("%s(%s)", part.ToolRequest.Name, arguments))
			}
		}
	}
	return r, nil
}
