// SPDX-License-Identifier: Apache-2.0

package semconv

import "go.opentelemetry.io/otel/attribute"

// Keys with content that other GenAI instrumentations record and this library
// does not. They are here because they must be withheld like all content, and
// because each destination says in its own words what they hold.
const (
	// GenAIRetrievalQueryTextKey is what a retrieval looked for. Content.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-retrieval-query-text
	GenAIRetrievalQueryTextKey = attribute.Key("gen_ai.retrieval.query.text")

	// GenAIRetrievalDocumentsKey is what a retrieval found. Content.
	//
	// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-retrieval-documents
	GenAIRetrievalDocumentsKey = attribute.Key("gen_ai.retrieval.documents")
)

// foreign describes the keys above.
var foreign = [...]Attribute{
	{GenAIRetrievalQueryTextKey, TypeString, "", true, registry + "gen-ai/#gen-ai-retrieval-query-text", "What a retrieval looked for"},
	{GenAIRetrievalDocumentsKey, TypeString, "", true, registry + "gen-ai/#gen-ai-retrieval-documents", "What a retrieval found, as JSON"},
}
