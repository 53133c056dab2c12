// SPDX-License-Identifier: Apache-2.0

package instrumentationtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/otelmistral/otelmistral/instrumentation/instrumentationtest"
	"github.com/otelmistral/otelmistral/semconv"
)

// ask is what is tested here: it asks Mistral one question.
func ask(ctx context.Context, client *http.Client, baseURL, question string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"model":    "mistral-small-latest",
		"messages": []any{map[string]string{"role": "user", "content": question}},
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer any-key")
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("mistral answered %s", resp.Status)
	}
	var reply struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
		return "", err
	}
	return reply.Choices[0].Message.Content, nil
}

// A test sees what the code under test answered, and what it left in the trace.
func ExampleNew() {
	testAsk := func(t testing.TB) { // in your code: func TestAsk(t *testing.T)
		env := instrumentationtest.New(t)
		env.Reply(instrumentationtest.Text("Paris."), instrumentationtest.Error(429, ""))

		answer, err := ask(env.Context(), env.Client(), env.URL, "What is the capital of France?")
		fmt.Println(answer, err)
		_, err = ask(env.Context(), env.Client(), env.URL, "And of Spain?")
		fmt.Println(err)

		for _, span := range env.Spans() {
			fmt.Println(span.Name(), "at", span.Attr(semconv.ServerAddressKey), span.Outcome())
			for _, message := range span.Messages() {
				fmt.Printf("  %s: %s\n", message.Role, message.Text())
			}
		}
	}
	run(testAsk)
	// Output:
	// Paris. <nil>
	// mistral answered 429 Too Many Requests
	// chat mistral-small-latest at 127.0.0.1 completed
	//   user: What is the capital of France?
	//   assistant: Paris.
	// chat mistral-small-latest at 127.0.0.1 refused
	//   user: And of Spain?
}

// run stands for go test, which runs no examples with a testing.T.
func run(test func(testing.TB)) {
	t := &standIn{}
	defer func() {
		for i := len(t.cleanups) - 1; i >= 0; i-- {
			t.cleanups[i]()
		}
	}()
	test(t)
}

type standIn struct {
	testing.TB
	cleanups []func()
}

func (*standIn) Helper()                        {}
func (*standIn) Context() context.Context       { return context.Background() }
func (t *standIn) Cleanup(fn func())            { t.cleanups = append(t.cleanups, fn) }
func (*standIn) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
func (*standIn) Logf(format string, a ...any)   { fmt.Printf(format+"\n", a...) }
