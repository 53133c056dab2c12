// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
)

const soundJSON = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},` +
	`"scopeSpans":[{"scope":{"name":"scope"},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"a1a2a3a4a5a6a7a8",` +
	`"name":"a span","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}`

// soundProto is soundJSON as protobuf, with what change does to its only span
// and resource.
func soundProto(t testing.TB, change func(*tracepb.Span, *resourcepb.Resource)) string {
	message, err := unmarshalJSON([]byte(soundJSON))
	require.NoError(t, err)
	if change != nil {
		all := message.GetResourceSpans()[0]
		change(all.GetScopeSpans()[0].GetSpans()[0], all.GetResource())
	}
	body, err := proto.Marshal(message)
	require.NoError(t, err)
	return string(body)
}

func packedWith(t testing.TB, body string, open func(io.Writer) io.WriteCloser) string {
	var b bytes.Buffer
	w := open(&b)
	_, err := io.WriteString(w, body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func gzipped(t testing.TB, body string) string {
	return packedWith(t, body, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func zlibbed(t testing.TB, body string) string {
	return packedWith(t, body, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
}

// to sends a request to r, a POST to its endpoint; headers come in pairs.
func to(t testing.TB, r *Receiver, body string, header ...string) answered {
	return post(t, newClient(t), r.Endpoint(), body, header...)
}

func basic(user, password string) string {
	req := http.Request{Header: http.Header{}}
	req.SetBasicAuth(user, password)
	return req.Header.Get("Authorization")
}

func TestLangfuseTakesAndRefusesAsTheRealOne(t *testing.T) {
	key := basic(LangfusePublicKey, LangfuseSecretKey)
	message, err := proto.Marshal(&coltracepb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{
			{TraceId: bytes.Repeat([]byte{1}, 16), SpanId: bytes.Repeat([]byte{1}, 8)}, {Name: "no ids"},
		}}},
	}}})
	require.NoError(t, err)
	pb := soundProto(t, nil)

	cases := map[string]struct {
		key, media, encoding, version, body string
		wantStatus, wantStored              int
		wantMessage, wantIngestion          string
	}{
		"protobuf":             {body: pb, wantStatus: 200, wantStored: 1},
		"protobuf, gzip":       {body: gzipped(t, pb), encoding: "gzip", wantStatus: 200, wantStored: 1},
		"JSON":                 {body: soundJSON, media: "application/json", wantStatus: 200, wantStored: 1},
		"JSON and a charset":   {body: soundJSON, media: "application/json; charset=utf-8", wantStatus: 200, wantStored: 1},
		"JSON in snake_case":   {body: strings.Replace(soundJSON, "resourceSpans", "resource_spans", 1), media: "application/json", wantStatus: 200},
		"empty JSON":           {body: "{}", media: "application/json", wantStatus: 200},
		"no body":              {wantStatus: 200},
		"no body, JSON":        {media: "application/json", wantStatus: 200},
		"no key":               {key: "none", body: pb, wantStatus: 401, wantMessage: "No authorization header"},
		"a wrong secret key":   {key: basic(LangfusePublicKey, "x"), body: pb, wantStatus: 401, wantMessage: "Invalid credentials"},
		"a wrong public key":   {key: basic("x", LangfuseSecretKey), body: pb, wantStatus: 401, wantMessage: "Invalid credentials"},
		"Bearer":               {key: "Bearer " + LangfuseSecretKey, body: pb, wantStatus: 403, wantMessage: "Bearer"},
		"application/protobuf": {media: "application/protobuf", body: pb, wantStatus: 400, wantMessage: "Invalid content type"},
		"no content type":      {media: "none", body: pb, wantStatus: 400, wantMessage: "Invalid content type"},
		"no gzip":              {encoding: "gzip", body: pb, wantStatus: 400, wantMessage: "not gzip"},
		"gzip without a word":  {body: gzipped(t, pb), wantStatus: 400, wantMessage: "parse"},
		"gzip JSON without":    {body: gzipped(t, soundJSON), media: "application/json", wantStatus: 400, wantMessage: "parse"},
		"deflate":              {body: zlibbed(t, pb), encoding: "deflate", wantStatus: 400, wantMessage: "parse"},
		"zstd":                 {body: pb, encoding: "zstd", wantStatus: 400, wantMessage: "parse"},
		"br":                   {body: pb, encoding: "br", wantStatus: 400, wantMessage: "parse"},
		"attributes as object": {body: `{"resourceSpans":[{"resource":{"attributes":{"a_b":1}}}]}`, media: "application/json", wantStatus: 400, wantMessage: "parse"},
		"a span without ids":   {body: string(message), wantStatus: 400, wantMessage: "no ids"},
		"version 4":            {version: "4", body: pb, wantStatus: 200, wantStored: 1, wantIngestion: IngestionDirect},
		"version 4.9":          {version: "4.9", body: pb, wantStatus: 200, wantStored: 1, wantIngestion: IngestionDirect},
		"version 3":            {version: "3", body: pb, wantStatus: 200, wantStored: 1, wantIngestion: IngestionDual},
		"version empty":        {version: " ", body: pb, wantStatus: 200, wantStored: 1, wantIngestion: IngestionDual},
		"version 5":            {version: "5", body: pb, wantStatus: 400, wantMessage: "version"},
		"version no number":    {version: "v4", body: pb, wantStatus: 400, wantMessage: "version"},
		"version NaN":          {version: "NaN", body: pb, wantStatus: 400, wantMessage: "version"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := NewLangfuse()
			t.Cleanup(r.Close)
			header := []string{"Authorization", key, "Content-Type", protobufType}
			if c.key != "" {
				header[1] = c.key
			}
			if c.key == "none" {
				header = header[2:]
			}
			switch c.media {
			case "":
			case "none":
				header[len(header)-1] = ""
			default:
				header[len(header)-1] = c.media
			}
			if c.encoding != "" {
				header = append(header, "Content-Encoding", c.encoding)
			}
			if c.version != "" {
				header = append(header, "X-Langfuse-Ingestion-Version", c.version)
			}
			got := to(t, r, c.body, header...)

			assert.Equal(t, c.wantStatus, got.StatusCode, got.body)
			assert.Equal(t, "application/json; charset=utf-8", got.Header.Get("Content-Type"))
			assert.Len(t, r.Spans(), c.wantStored)
			if c.wantStatus == 200 {
				assert.Empty(t, r.Rejected())
				assert.NotContains(t, decoded(t, got.body), "partialSuccess")
			} else {
				assert.Contains(t, decoded(t, got.body)["message"], c.wantMessage)
				assert.Contains(t, r.Rejected()[0].Problem, c.wantMessage)
			}
			if c.wantIngestion != "" {
				assert.Equal(t, c.wantIngestion, r.Requests()[0].Ingestion)
			}
		})
	}
}

func TestLangfuseAnswersFailuresOfItsOwn(t *testing.T) {
	r := NewLangfuse()
	t.Cleanup(r.Close)
	auth := []string{"Authorization", basic(LangfusePublicKey, LangfuseSecretKey), "Content-Type", protobufType}
	for _, c := range []struct {
		scripted       Response
		wantRetryAfter string
	}{
		{Response{Status: 429}, "1"},
		{Response{Status: 429, Header: http.Header{"Retry-After": {"7"}}}, "7"},
		{Response{Status: 500}, ""},
		{Response{Status: 503}, ""},
		{Response{Status: 403, Message: "usage threshold"}, ""},
	} {
		r.Enqueue(c.scripted)
		got := to(t, r, soundProto(t, nil), auth...)
		assert.Equal(t, c.scripted.Status, got.StatusCode)
		assert.Equal(t, c.wantRetryAfter, got.Header.Get("Retry-After"))
		assert.Equal(t, c.scripted.text(), decoded(t, got.body)["message"])
	}
	assert.Empty(t, r.Spans())
	assert.Len(t, r.Rejected(), 5)
}

func TestLangfuseTakesOtherKeysAndAnotherPath(t *testing.T) {
	r := NewLangfuse(WithLangfuseKeys("pk", "sk"), WithTracesPath("/own/path"))
	t.Cleanup(r.Close)
	assert.Equal(t, r.URL+"/own/path", r.Endpoint())
	send := func(url, key string) int {
		return post(t, newClient(t), url, "", "Authorization", key, "Content-Type", jsonType).StatusCode
	}
	assert.Equal(t, 200, send(r.Endpoint(), basic("pk", "sk")))
	assert.Equal(t, 401, send(r.Endpoint(), basic(LangfusePublicKey, LangfuseSecretKey)))
	assert.Equal(t, 404, send(r.URL+LangfuseTracesPath, basic("pk", "sk")))
}

func TestLangfuseLegacyStoreLosesWrongTypes(t *testing.T) {
	text := func(s string) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
	}
	number := func(n int64) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
	}
	pair := func(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
		return &commonpb.KeyValue{Key: key, Value: v}
	}
	const start, prompt = "langfuse.observation.completion_start_time", "langfuse.observation.prompt."
	cases := map[string]struct {
		span     []*commonpb.KeyValue
		resource *commonpb.KeyValue
		want     string // part of the reason; empty keeps the span
	}{
		"nothing special":      {},
		"version":              {span: []*commonpb.KeyValue{pair("langfuse.version", number(3))}, want: "langfuse.version"},
		"version as text":      {span: []*commonpb.KeyValue{pair("langfuse.version", text("3"))}},
		"status message":       {span: []*commonpb.KeyValue{pair("langfuse.observation.status_message", number(3))}, want: "status_message"},
		"service version":      {resource: pair("service.version", number(3)), want: "service.version"},
		"service version text": {resource: pair("service.version", text("1.2.3"))},
		"first token in ms":    {span: []*commonpb.KeyValue{pair(start, number(1760000000350))}, want: start},
		"first token odd":      {span: []*commonpb.KeyValue{pair(start, text("yesterday"))}, want: start},
		"first token":          {span: []*commonpb.KeyValue{pair(start, text("2025-10-09T08:53:20.350000123Z"))}},
		"first token quoted":   {span: []*commonpb.KeyValue{pair(start, text(`"2025-10-09T08:53:20.35+02:00"`))}},
		"prompt":               {span: []*commonpb.KeyValue{pair(prompt+"name", text("p")), pair(prompt+"version", number(3))}},
		"prompt, no version":   {span: []*commonpb.KeyValue{pair(prompt+"name", text("p"))}, want: prompt},
		"prompt, no name":      {span: []*commonpb.KeyValue{pair(prompt+"version", number(3))}, want: prompt},
		"prompt version text":  {span: []*commonpb.KeyValue{pair(prompt+"name", text("p")), pair(prompt+"version", text("3"))}, want: prompt},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			body := soundProto(t, func(s *tracepb.Span, r *resourcepb.Resource) {
				s.Attributes = c.span
				if c.resource != nil {
					r.Attributes = append(r.Attributes, c.resource)
				}
			})
			for _, store := range []struct {
				opts    []ReceiverOption
				version string
				loses   bool
			}{
				{nil, "4", false},
				{nil, "", true},
				{[]ReceiverOption{WithLegacyStore()}, "4", true},
			} {
				r := NewLangfuse(store.opts...)
				t.Cleanup(r.Close)
				got := to(t, r, body, "Authorization", basic(LangfusePublicKey, LangfuseSecretKey),
					"Content-Type", protobufType, "X-Langfuse-Ingestion-Version", store.version)
				assert.Equal(t, 200, got.StatusCode, "the sender learns nothing")
				if !store.loses || c.want == "" {
					assert.Len(t, r.Spans(), 1)
					assert.Empty(t, r.Dropped())
					continue
				}
				assert.Empty(t, r.Spans())
				assert.Zero(t, r.Requests()[0].Stored)
				require.Len(t, r.Dropped(), 1)
				assert.Contains(t, r.Dropped()[0].Reason, c.want)
				assert.Equal(t, "a span", r.Dropped()[0].Span.Name)
			}
		})
	}
}

func TestRespanTakesAndRefusesAsTheRealOne(t *testing.T) {
	const key = "Bearer " + RespanAPIKey
	pb := soundProto(t, nil)
	cases := map[string]struct {
		key, path, media, encoding, body string
		wantStatus                       int
	}{
		"protobuf":             {body: pb, wantStatus: 200},
		"JSON":                 {body: soundJSON, media: jsonType, wantStatus: 200},
		"a wrong key":          {key: "Bearer x", body: pb, wantStatus: 401},
		"Basic":                {key: basic("", RespanAPIKey), body: pb, wantStatus: 401},
		"version 1 of the API": {path: "/api/v1/traces", body: pb, wantStatus: 404},
		"no /api":              {path: "/v2/traces", body: pb, wantStatus: 404},
		"gzip":                 {body: gzipped(t, pb), encoding: "gzip", wantStatus: 400},
		"gzip without a word":  {body: gzipped(t, pb), wantStatus: 400},
		"br":                   {body: pb, encoding: "br", wantStatus: 400},
		"another media type":   {body: pb, media: "application/protobuf", wantStatus: 400},
		"broken JSON":          {body: `{"resourceSpans":`, media: jsonType, wantStatus: 400},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := NewRespan()
			t.Cleanup(r.Close)
			or := func(value, fallback string) string {
				if value == "" {
					return fallback
				}
				return value
			}
			header := []string{"Authorization", or(c.key, key), "Content-Type", or(c.media, protobufType)}
			if c.encoding != "" {
				header = append(header, "Content-Encoding", c.encoding)
			}
			got := post(t, newClient(t), r.URL+or(c.path, RespanTracesPath), c.body, header...)
			assert.Equal(t, c.wantStatus, got.StatusCode)
			assert.Equal(t, jsonType, got.Header.Get("Content-Type"))
			if c.wantStatus == 200 {
				assert.Equal(t, `{"partialSuccess":{"rejectedSpans":0,"errorMessage":""}}`, got.body)
				assert.Len(t, r.Spans(), 1)
				return
			}
			assert.Equal(t, r.Rejected()[0].Problem, decoded(t, got.body)["detail"])
			assert.Empty(t, r.Spans())
		})
	}
}

func TestRespanLimitsTheRateWithoutAHeader(t *testing.T) {
	r := NewRespan(WithAPIKey("other"))
	t.Cleanup(r.Close)
	r.Enqueue(Response{Status: 429}, Response{RejectedSpans: 1, Message: "too old"})
	header := []string{"Authorization", "Bearer other", "Content-Type", protobufType}

	limited := to(t, r, soundProto(t, nil), header...)
	assert.Equal(t, 429, limited.StatusCode)
	assert.Empty(t, limited.Header.Get("Retry-After"))
	assert.Equal(t, map[string]any{"detail": "Too Many Requests", "retry_after": 30.}, decoded(t, limited.body))

	partial := to(t, r, soundProto(t, nil), header...)
	assert.Equal(t, `{"partialSuccess":{"rejectedSpans":1,"errorMessage":"too old"}}`, partial.body)
	assert.Empty(t, r.Spans())
}

func TestStudioTakesJSONOnly(t *testing.T) {
	const key = "Bearer " + StudioAPIKey
	for name, c := range map[string]struct {
		key, media, encoding, body string
		wantStatus                 int
	}{
		"JSON":        {key, jsonType, "", soundJSON, 200},
		"a wrong key": {"Bearer x", jsonType, "", soundJSON, 401},
		"protobuf":    {key, protobufType, "", soundProto(t, nil), 415},
		"gzip":        {key, jsonType, "gzip", gzipped(t, soundJSON), 415},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewStudio()
			t.Cleanup(r.Close)
			assert.Equal(t, r.URL+"/telemetry/v1/traces", r.Endpoint())
			header := []string{"Authorization", c.key, "Content-Type", c.media}
			if c.encoding != "" {
				header = append(header, "Content-Encoding", c.encoding)
			}
			got := to(t, r, c.body, header...)
			assert.Equal(t, c.wantStatus, got.StatusCode)
			assert.Equal(t, jsonType, got.Header.Get("Content-Type"))
			assert.Len(t, r.Spans(), map[bool]int{true: 1}[c.wantStatus == 200])
		})
	}
}

// The stock exporter, set up as each backend wants it, gets along with all.
func TestBackendsTakeWhatTheStockExporterSends(t *testing.T) {
	langfuse, respan, studio := NewLangfuse(), NewRespan(), NewStudio()
	for r, opts := range map[*Receiver][]otlptracehttp.Option{
		langfuse: {
			otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
			otlptracehttp.WithHeaders(map[string]string{
				"Authorization": basic(LangfusePublicKey, LangfuseSecretKey), "x-langfuse-ingestion-version": "4",
			}),
		},
		respan: {otlptracehttp.WithHeaders(map[string]string{"Authorization": "Bearer " + RespanAPIKey})},
		studio: {
			otlptracehttp.WithEncoding(otlptracehttp.EncodingJSON),
			otlptracehttp.WithHeaders(map[string]string{"Authorization": "Bearer " + StudioAPIKey}),
		},
	} {
		t.Cleanup(r.Close)
		sent := someSpans(t)
		exporter := exporterFor(t, r, append(opts, otlptracehttp.WithEndpointURL(r.Endpoint()))...)
		require.NoError(t, exporter.ExportSpans(t.Context(), sent.Snapshots()))
		assert.Equal(t, asCarried(sent), r.Spans())
	}
	assert.Equal(t, IngestionDirect, langfuse.Requests()[0].Ingestion)
}

func TestWireSpansShowWhatTypesHide(t *testing.T) {
	r := newReceiver(t)
	sent := someSpans(t)
	require.NoError(t, exporterFor(t, r).ExportSpans(t.Context(), sent.Snapshots()))

	wire := r.WireSpans()
	require.Len(t, wire, 2)
	server := wire[0]
	assert.Equal(t, "server", server.GetName())
	for key, want := range map[string]string{
		"bool":    `{"boolValue":false}`,
		"int":     `{"intValue":"-4611686018427387904"}`,
		"strings": `{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":""}]}}`,
		"empty":   `{"arrayValue":{}}`,
		"map": `{"kvlistValue":{"values":[{"key":"deep","value":{"kvlistValue":{"values":[` +
			`{"key":"b","value":{"boolValue":true}}]}}},{"key":"n","value":{"intValue":"1"}}]}}`,
		"absent": "",
	} {
		assert.Equal(t, want, server.JSON(key), key)
	}
	assert.Equal(t, "é\x00", server.Text("string"))
	assert.Empty(t, server.Text("int"))
	assert.Nil(t, server.Attribute("absent"))
	assert.Len(t, server.Keys(), 12)
	assert.Equal(t, "test", server.ResourceAttribute("service.name").GetStringValue())
	assert.Equal(t, "scope", server.Scope.GetName())
	require.Len(t, r.ResourceSpans(), 1)
	assert.Same(t, server.Span, r.ResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0])

	r.Reset()
	assert.Empty(t, r.WireSpans())
	assert.Empty(t, r.ResourceSpans())
}

func TestWireSpansLeaveOutWhatIsRejected(t *testing.T) {
	r := newReceiver(t)
	r.Enqueue(Response{RejectedSpans: 1}, Response{Status: 400})
	exporter := exporterFor(t, r, otlptracehttp.WithTimeout(time.Minute))
	for range 2 {
		assert.Error(t, exporter.ExportSpans(t.Context(), someSpans(t).Snapshots()))
	}
	assert.Len(t, r.WireSpans(), 1)
	assert.Len(t, r.ResourceSpans(), 1, "of the request that was accepted")
}
