// SPDX-License-Identifier: Apache-2.0

package testserver

// What is here runs no model: it is there so that tests can show that such
// requests are left alone.

// listModels lists one model of each kind.
func (m model) listModels(r *Request, _ []string) Reply {
	type card struct {
		ID           string          `json:"id"`
		Object       string          `json:"object"`
		Created      int             `json:"created"`
		OwnedBy      string          `json:"owned_by"`
		Capabilities map[string]bool `json:"capabilities"`
		Type         string          `json:"type"`
	}
	var cards []card
	for _, known := range []struct{ id, capability string }{
		{"mistral-small-latest", "completion_chat"}, {"codestral-latest", "completion_fim"}, {"mistral-ocr-latest", "ocr"},
		{"mistral-moderation-latest", "moderation"}, {"voxtral-mini-latest", "audio_transcription"},
	} {
		cards = append(cards, card{known.id, "model", created, "mistralai", map[string]bool{known.capability: true}, "base"})
	}
	return m.whole(r, encode(struct {
		Object string `json:"object"`
		Data   []card `json:"data"`
	}{"list", cards}))
}

// listFiles lists nothing: the server keeps no file.
func (m model) listFiles(r *Request, _ []string) Reply {
	return m.whole(r, `{"object":"list","data":[],"total":0}`)
}

// uploadFile takes any form and forgets it.
func (m model) uploadFile(r *Request, _ []string) Reply {
	form, err := r.form()
	if err != nil || len(form.File["file"]) == 0 {
		return invalidDetail(nil, missing("file"))
	}
	file := form.File["file"][0]
	return m.whole(r, encode(struct {
		ID         string `json:"id"`
		Object     string `json:"object"`
		Bytes      int64  `json:"bytes"`
		CreatedAt  int64  `json:"created_at"`
		Filename   string `json:"filename"`
		Purpose    string `json:"purpose"`
		SampleType string `json:"sample_type"`
		Lines      int    `json:"num_lines"`
		MIMEType   string `json:"mimetype"`
		Source     string `json:"source"`
		Signature  string `json:"signature"`
		Expires    any    `json:"expires_at"`
		Visibility string `json:"visibility"`
	}{
		ID: r.id("", 0), Object: "file", Bytes: file.Size, CreatedAt: m.time().Unix(), Filename: file.Filename, Purpose: "ocr",
		SampleType: "ocr_input", MIMEType: "application/pdf", Source: "upload", Signature: r.id("", 1), Visibility: "workspace",
	}))
}
