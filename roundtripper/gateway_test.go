// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"encoding/base64"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/scope"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

const gatewayURL = "https://api.respan.ai/api/chat/completions"

func TestWhatTheGatewayIsToldWinsOverTheContext(t *testing.T) {
	ctx := scope.With(t.Context(), scope.NewAttribute(
		semconv.UserIDKey.String("context"), semconv.SessionIDKey.String("context"),
		attribute.String("otelmistral.metadata.both", "context"), attribute.String("otelmistral.metadata.one", "context"),
	))
	r := newRecorder()
	rt := r.transport(answering(jsonType, bodyOf(plainReply)), roundtripper.WithAttributes(semconv.UserIDKey.String("option")))
	resp, err := rt.RoundTrip(requestTo(t, gatewayURL,
		`{"model":"mistral-small-latest","customer_identifier":"body","metadata":{"both":"body"}}`).WithContext(ctx))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	s := r.one(t)
	assert.Equal(t, "body", s.attr(semconv.UserIDKey).AsString())
	assert.Equal(t, "context", s.attr(semconv.SessionIDKey).AsString())
	assert.Equal(t, "body", s.attr("otelmistral.metadata.both").AsString())
	assert.Equal(t, "context", s.attr("otelmistral.metadata.one").AsString())
}

func TestNothingButIdentityOfTheGatewaysParametersIsRecorded(t *testing.T) {
	const (
		secrets = `"customer_credentials":{"mistral":{"api_key":"SECRET1"}},"credential_override":{"m":{"api_key":"SECRET2"}},` +
			`"customer_api_keys":{"m":"SECRET3"},"load_balance_group":{"models":[{"model":"m","credentials":{"api_key":"SECRET4"}}]},` +
			`"metadata":{"api_key":"SECRET5","deep":{"Authorization":"SECRET6","kept":1}},"prompt":{"variables":{"a":"SECRET7"}}`
		request = `{"model":"m","messages":[{"role":"user","content":"Hi"}],"customer_identifier":"u","respan_params":{"group_identifier":"g",` +
			secrets + `},"customer_params":{"name":"Ann","api_key":"SECRET8"},` + secrets + `}`
	)
	for _, capture := range []roundtripper.ContentCapture{roundtripper.CaptureNone, roundtripper.CaptureSpan} {
		r := newRecorder()
		req := requestTo(t, gatewayURL, request)
		req.Header.Set("Authorization", "Bearer SECRET9")
		req.Header.Set("X-Data-Respan-Params", base64.StdEncoding.EncodeToString([]byte(`{"thread_identifier":"t",`+secrets+`}`)))
		resp, err := r.transport(answering(jsonType, bodyOf(plainReply)), roundtripper.WithContentCapture(capture)).RoundTrip(req)
		require.NoError(t, err)
		req.Header.Set("X-Data-Respan-Params", "e30=") // the caller's again
		_, err = io.ReadAll(resp.Body)
		require.NoError(t, err)

		s := r.one(t)
		got := map[attribute.Key]string{}
		for _, a := range s.Attributes {
			got[a.Key] = a.Value.String()
			assert.NotContains(t, a.Value.String(), "SECRET", a.Key)
			assert.NotContains(t, a.Value.String(), "Bearer", a.Key)
		}
		for key, want := range map[attribute.Key]string{
			"user.id": "u", "otelmistral.customer.name": "Ann", "otelmistral.group": "g", "gen_ai.conversation.id": "t",
			"otelmistral.metadata.deep": `{"kept":1}`,
		} {
			assert.Equal(t, want, got[key], key)
		}
	}
}
