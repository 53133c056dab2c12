// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

type ocrReply struct {
	Pages      []ocrPage `json:"pages"`
	Model      string    `json:"model"`
	Annotation any       `json:"document_annotation"`
	Usage      ocrUsage  `json:"usage_info"`
}

type ocrPage struct {
	Index      int           `json:"index"`
	Markdown   string        `json:"markdown"`
	Images     []any         `json:"images"`
	Tables     []any         `json:"tables"`
	Hyperlinks []any         `json:"hyperlinks"`
	Header     any           `json:"header"`
	Footer     any           `json:"footer"`
	Dimensions ocrDimensions `json:"dimensions"`
	Scores     any           `json:"confidence_scores"`
	Blocks     []ocrBlock    `json:"blocks"`
}

type ocrDimensions struct {
	DPI    int `json:"dpi"`
	Height int `json:"height"`
	Width  int `json:"width"`
}

type ocrBlock struct {
	Left    int    `json:"top_left_x"`
	Top     int    `json:"top_left_y"`
	Right   int    `json:"bottom_right_x"`
	Bottom  int    `json:"bottom_right_y"`
	Content string `json:"content"`
	Scores  any    `json:"confidence_scores"`
	Type    string `json:"type"`
}

type ocrUsage struct {
	Pages int  `json:"pages_processed"`
	Bytes *int `json:"doc_size_bytes"`
}

// ocr reads the pages that are asked for, or one, of any document. The size of a
// document is known only if it is in the request.
func (m model) ocr(r *Request, _ []string) Reply {
	var req struct {
		Model    string `json:"model"`
		Document struct {
			Type     string `json:"type"`
			URL      string `json:"document_url"`
			Name     string `json:"document_name"`
			ImageURL any    `json:"image_url"` // a text, or an object with one
			FileID   string `json:"file_id"`
		} `json:"document"`
		Pages      any            `json:"pages"`
		Blocks     *bool          `json:"include_blocks"`
		Annotation responseFormat `json:"document_annotation_format"`
	}
	if refused, ok := parse(r, &req, invalid, "document"); !ok {
		return refused
	}
	image, _ := req.Document.ImageURL.(string)
	if object, ok := req.Document.ImageURL.(map[string]any); ok {
		image, _ = object["url"].(string)
	}
	url := req.Document.URL + image
	if url == "" && req.Document.FileID == "" {
		return invalid(r.Body, validation{Type: "missing", Loc: []any{"body", "document", "document_url"}, Msg: "Field required"})
	}
	pages, ok := pageNumbers(req.Pages)
	if !ok {
		return invalid(r.Body, validation{Type: "list_type", Loc: []any{"body", "pages"}, Msg: "Input should be a valid list"})
	}
	if req.Model == "" {
		req.Model = "mistral-ocr-latest"
	}
	if refused, ok := m.knows(req.Model); !ok {
		return refused
	}

	reply := ocrReply{Pages: []ocrPage{}, Model: req.Model, Usage: ocrUsage{Pages: len(pages)}}
	if _, data, inline := strings.Cut(url, ";base64,"); inline {
		size := base64.StdEncoding.DecodedLen(len(data)) - strings.Count(data, "=")
		reply.Usage.Bytes = &size
	}
	for _, number := range pages {
		page := ocrPage{
			Index: number, Markdown: fmt.Sprintf("# Page %d\n\n%s", number+1, m.says(req.Document.Name)),
			Images: []any{}, Tables: []any{}, Hyperlinks: []any{}, Dimensions: ocrDimensions{DPI: 93, Height: 1023, Width: 791},
		}
		if req.Blocks == nil || *req.Blocks {
			page.Blocks = []ocrBlock{{Left: 90, Top: 98, Right: 330, Bottom: 144, Content: page.Markdown, Type: "text"}}
		}
		reply.Pages = append(reply.Pages, page)
	}
	if req.Annotation.Type == "json_schema" {
		reply.Annotation = req.Annotation.JSONSchema.Schema.example(req.Document.Name)
	}
	return m.whole(r, encode(reply))
}

// pageNumbers reads what is a list of numbers, or a text such as "0-2,5". Absent
// is the first page.
func pageNumbers(pages any) (numbers []int, ok bool) {
	switch pages := pages.(type) {
	case nil:
		return []int{0}, true
	case []any:
		for _, page := range pages {
			number, isNumber := page.(float64)
			if !isNumber {
				return nil, false
			}
			numbers = append(numbers, int(number))
		}
		return numbers, true
	case string:
		for part := range strings.SplitSeq(pages, ",") {
			from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
			if !isRange {
				to = from
			}
			first, err := strconv.Atoi(from)
			last, err2 := strconv.Atoi(to)
			if err != nil || err2 != nil || last-first > 1000 {
				return nil, false
			}
			for number := first; number <= last; number++ {
				numbers = append(numbers, number)
			}
		}
		return numbers, true
	default:
		return nil, false
	}
}
