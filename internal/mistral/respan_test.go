// SPDX-License-Identifier: Apache-2.0

package mistral

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/jsontrim"
	"github.com/otelmistral/otelmistral/semconv"
)

// identityIn reads a request to the gateway as attributes.
func identityIn(t testing.TB, l Limits, header http.Header, pieces ...[]byte) map[attribute.Key]any {
	t.Helper()
	var call genai.Call
	gatewayRoute.ReadRequestHeaders(header, &call)
	r := gatewayRoute.NewRequest(nil, l)
	for _, p := range pieces {
		r.Write(scratch(p))
	}
	r.Fill(&call)
	identity := map[attribute.Key]any{}
	for _, kv := range call.Extra {
		require.NotContains(t, identity, kv.Key, "it is there twice")
		identity[kv.Key] = kv.Value.AsInterface()
	}
	return identity
}

func identityOf(t testing.TB, body string) map[attribute.Key]any {
	t.Helper()
	return identityIn(t, withoutContent, nil, []byte(body))
}

// respanParams is the header that clients use which cannot add to a body.
func respanParams(name, params string) http.Header {
	h := http.Header{}
	h.Set(name, base64.StdEncoding.EncodeToString([]byte(params)))
	return h
}

const everyIdentity = `{"customer_identifier":"u1","customer_params":{"name":"Ann","email":"ann@example.com","total_budget":5},` +
	`"thread_identifier":"t1","group_identifier":"g1","custom_identifier":"c1","metadata":{"step":2},"properties":{"plan":"pro"}}`

var everyIdentityRead = map[attribute.Key]any{
	"user.id": "u1", "otelmistral.customer.name": "Ann", "otelmistral.customer.email": "ann@example.com",
	"gen_ai.conversation.id": "t1", "otelmistral.group": "g1", "otelmistral.custom_id": "c1",
	"otelmistral.metadata.step": int64(2), "otelmistral.metadata.plan": "pro",
}

func TestParametersOfRespansGatewayAreReadWithAndWithoutContent(t *testing.T) {
	for _, l := range []Limits{withContent, withoutContent} {
		eachSplit([]byte(everyIdentity), func(how string, pieces ...[]byte) {
			require.Equal(t, everyIdentityRead, identityIn(t, l, nil, pieces...), how)
		})
		for _, name := range []string{"X-Data-Respan-Params", "X-Data-Keywordsai-Params"} {
			assert.Equal(t, everyIdentityRead, identityIn(t, l, respanParams(name, everyIdentity)), name)
		}
	}
}

func TestParametersAreReadAtRespansHostsOnly(t *testing.T) {
	const body = `{"customer_identifier":"u1","metadata":{"a":"b"}}`
	header := respanParams("X-Data-Respan-Params", body)
	for host, isGateway := range map[string]bool{
		"api.respan.ai": true, "respan.ai": true, "eu.api.respan.ai": true, "api.keywordsai.co": true,
		"api.mistral.ai": false, "openrouter.ai": false, "localhost": false, "notrespan.ai": false, "respan.ai.example.com": false,
	} {
		var call genai.Call
		route := chatAt(host)
		route.ReadRequestHeaders(header, &call)
		r := route.NewRequest(nil, withContent)
		r.Write([]byte(body))
		r.Fill(&call)
		if isGateway {
			assert.Len(t, call.Extra, 2, host)
			assert.Empty(t, call.Request.Metadata, "%s: it is the span's", host)
		} else {
			assert.Empty(t, call.Extra, host)
			assert.Equal(t, `{"a":"b"}`, call.Request.Metadata, "%s: it is Mistral's", host)
		}
	}
}

func TestWhatStandsCloserToTheCallWins(t *testing.T) {
	const (
		own    = `"customer_identifier":"own"`
		nested = `"customer_params":{"customer_identifier":"nested","group_identifier":"nested"}`
		params = `"respan_params":{"customer_identifier":"params","group_identifier":"params","custom_identifier":"params"}`
		legacy = `"keywordsai_params":{"customer_identifier":"legacy"}`
	)
	all := map[attribute.Key]any{
		"user.id": "own", "otelmistral.group": "nested", "otelmistral.custom_id": "params", "gen_ai.conversation.id": "header",
	}
	header := respanParams("X-Data-Respan-Params",
		`{"customer_identifier":"header","group_identifier":"header","custom_identifier":"header","thread_identifier":"header"}`)
	for _, body := range []string{own + "," + nested + "," + params, params + "," + nested + "," + own, nested + "," + own + "," + params} {
		assert.Equal(t, all, identityIn(t, withoutContent, header, []byte("{"+body+"}")), body)
	}
	assert.Equal(t, map[attribute.Key]any{"user.id": "legacy"}, identityOf(t, "{"+legacy+"}"))
	assert.Equal(t, map[attribute.Key]any{"otelmistral.metadata.a": "own", "otelmistral.metadata.b": "property", "otelmistral.metadata.c": "params"},
		identityOf(t, `{"metadata":{"a":"own"},"properties":{"a":"property","b":"property"},"respan_params":{"metadata":{"a":"params","b":"params","c":"params"}}}`))
	assert.Equal(t, map[attribute.Key]any{"user.id": "last"}, identityOf(t, `{"customer_identifier":"first","customer_identifier":"last"}`))
}

func TestIdentifiersAreStringsOrNumbers(t *testing.T) {
	for value, want := range map[string]string{
		`"u"`: "u", `7`: "7", `"\u00e9\ud83d"`: "é\uFFFD", `"` + strings.Repeat("a", 1000) + `"`: strings.Repeat("a", maxName),
		`""`: "", `null`: "", `true`: "", `{}`: "", `["u"]`: "",
	} {
		wantAll := map[attribute.Key]any{"gen_ai.conversation.id": "t"}
		if want != "" {
			wantAll["user.id"] = want
		}
		assert.Equal(t, wantAll, identityOf(t, `{"customer_identifier":`+value+`,"thread_identifier":"t"}`), value)
	}
}

func TestMetadataKeepsItsTypes(t *testing.T) {
	for value, want := range map[string]any{
		`"v"`: "v", `""`: "", `true`: true, `false`: false, `7`: int64(7), `0`: int64(0), `-1.5`: -1.5, `99999999999999999999`: 1e20,
		`{"a":[1,"<"]}`: `{"a":[1,"<"]}`, `[]`: `[]`, `null`: nil, `1e999`: nil,
		`"` + strings.Repeat("a", maxLean+3) + `"`:   strings.Repeat("a", maxLean) + jsontrim.CutNote(3),
		`[` + strings.Repeat(`1,`, maxLean) + `1]`:   nil,
		`{"authorization":"SECRET","kept":{"a":""}}`: `{"kept":{"a":""}}`,
	} {
		wantAll := map[attribute.Key]any{"user.id": "u"}
		if want != nil {
			wantAll["otelmistral.metadata.k"] = want
		}
		assert.Equal(t, wantAll, identityOf(t, `{"metadata":{"k":`+value+`,"":"no name"},"customer_identifier":"u"}`), "%.40s", value)
	}
	for _, odd := range []string{`null`, `"a"`, `[]`, `5`} {
		assert.Equal(t, map[attribute.Key]any{"user.id": "u"}, identityOf(t, `{"metadata":`+odd+`,"customer_params":`+odd+`,"respan_params":`+odd+`,"customer_identifier":"u"}`), odd)
	}
}

func TestMetadataIsBounded(t *testing.T) {
	var members []string
	for i := range 1000 {
		members = append(members, fmt.Sprintf(`"k%d":%d`, i, i))
	}
	metadata := `{"metadata":{` + strings.Join(members, ",") + `},"customer_identifier":"u"}`
	got := identityOf(t, metadata)
	assert.Len(t, got, maxMetadata+1)
	assert.Equal(t, "u", got[semconv.UserIDKey])
}

func TestAHeaderThatCannotBeReadIsLeftAlone(t *testing.T) {
	huge := `{"customer_identifier":"header","metadata":{"k":"` + strings.Repeat("a", jsontrim.Reserve) + `"}}`
	for name, header := range map[string]http.Header{
		"not base64": {"X-Data-Respan-Params": {"{}"}},
		"not JSON":   respanParams("X-Data-Respan-Params", "customer_identifier"),
		"no object":  respanParams("X-Data-Respan-Params", `["customer_identifier"]`),
		"too long":   respanParams("X-Data-Respan-Params", huge),
		"empty":      {"X-Data-Respan-Params": {""}},
		"no value":   {"X-Data-Respan-Params": nil},
	} {
		assert.Equal(t, map[attribute.Key]any{"user.id": "u"},
			identityIn(t, withContent, header, []byte(`{"customer_identifier":"u"}`)), name)
	}
}

func TestParametersOfABodyThatWasCutOffAreRead(t *testing.T) {
	header := respanParams("X-Data-Respan-Params", `{"thread_identifier":"t"}`)
	for body, want := range map[string]map[attribute.Key]any{
		``: {"gen_ai.conversation.id": "t"},
		`{"customer_identifier":"u","messages":[{"content":"a`: {"gen_ai.conversation.id": "t", "user.id": "u"},
		`[]`: {"gen_ai.conversation.id": "t"},
	} {
		assert.Equal(t, want, identityIn(t, withContent, header, []byte(body)), body)
	}
}
