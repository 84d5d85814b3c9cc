/*
 * One job of libwbxml, so many times, for the bench beside it to count.
 *
 *     libwbxml JOB CALLS FILE
 *
 * "events" parses with the callback parser, "tree" builds and frees the tree, "write" encodes a tree
 * that was built before; prints the octets of the last result. The development package ships only
 * the converter's headers, so what else is exported is declared here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned char octet;

struct handler {
	void (*start_document)(void *, int, const void *);
	void (*end_document)(void *);
	void (*start_element)(void *, void *, void **, octet);
	void (*end_element)(void *, void *, octet);
	void (*characters)(void *, octet *, unsigned, unsigned);
	void (*instruction)(void *, const octet *, octet *);
};

/* Version 1.2 is 2; no string table, which would be cubic. */
struct generate {
	int version;
	octet keep_spaces;
	octet use_string_table;
	octet anonymous;
};

extern void *wbxml_parser_create(void);
extern void wbxml_parser_destroy(void *parser);
extern void wbxml_parser_set_user_data(void *parser, void *data);
extern void wbxml_parser_set_content_handler(void *parser, struct handler *handler);
extern int wbxml_parser_parse(void *parser, octet *bytes, unsigned len);
extern int wbxml_tree_from_wbxml(octet *bytes, unsigned len, int language, int charset, void **tree);
extern int wbxml_tree_to_wbxml(void *tree, octet **out, unsigned *len, struct generate *how);
extern void wbxml_tree_destroy(void *tree);

static void start_document(void *seen, int charset, const void *language)
{
	(void)seen, (void)charset, (void)language;
}

static void end_document(void *seen)
{
	(void)seen;
}

static void start_element(void *seen, void *name, void **attributes, octet empty)
{
	(void)name, (void)attributes, (void)empty;
	++*(unsigned *)seen;
}

static void end_element(void *seen, void *name, octet empty)
{
	(void)name, (void)empty;
	++*(unsigned *)seen;
}

static void characters(void *seen, octet *text, unsigned offset, unsigned len)
{
	(void)text, (void)offset;
	*(unsigned *)seen += len;
}

static void instruction(void *seen, const octet *target, octet *data)
{
	(void)seen, (void)target, (void)data;
}

static int events(octet *bytes, unsigned len, unsigned *result)
{
	struct handler handler = {
		start_document, end_document, start_element, end_element, characters, instruction,
	};
	void *parser = wbxml_parser_create();
	wbxml_parser_set_user_data(parser, result);
	wbxml_parser_set_content_handler(parser, &handler);
	*result = 0;
	int error = wbxml_parser_parse(parser, bytes, len);
	wbxml_parser_destroy(parser);
	return error;
}

static int build(octet *bytes, unsigned len, void **tree)
{
	return wbxml_tree_from_wbxml(bytes, len, 0, 0, tree);
}

static int tree(octet *bytes, unsigned len, unsigned *result)
{
	void *root = NULL;
	int error = build(bytes, len, &root);
	if (error == 0)
		wbxml_tree_destroy(root);
	*result = len;
	return error;
}

static int encode(void *root, unsigned *result)
{
	struct generate how = { 2, 0, 0, 0 };
	octet *out = NULL;
	int error = wbxml_tree_to_wbxml(root, &out, result, &how);
	free(out);
	return error;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	FILE *file = fopen(argv[3], "rb");
	static octet bytes[1 << 20];
	unsigned len = file == NULL ? 0 : (unsigned)fread(bytes, 1, sizeof bytes, file);
	int calls = atoi(argv[2]);
	unsigned result = 0;
	void *root = NULL;
	int error = 0;
	if (strcmp(argv[1], "write") == 0)
		error = build(bytes, len, &root);
	while (error == 0 && calls-- > 0) {
		if (strcmp(argv[1], "events") == 0)
			error = events(bytes, len, &result);
		else if (strcmp(argv[1], "tree") == 0)
			error = tree(bytes, len, &result);
		else
			error = encode(root, &result);
	}
	printf("%u\n", result);
	return error != 0;
}
