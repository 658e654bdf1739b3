export async function writeDocuments() {}
