// What docs/clients.md does, by the client that openapi-generator makes (typescript-fetch).
// scripts/check-clients puts it beside the client, compiles both and runs this.
import { AuthenticationApi, Configuration, PostsApi, ResponseError, UsersApi } from "./index.js";

const basePath = "http://127.0.0.1:3000";
const credentials = { email: "ada@example.org", password: "correct horse" };
const anonymous = new Configuration({ basePath });
const signUpBody = { ...credentials, firstName: "Ada", lastName: "Lovelace" };
await new UsersApi(anonymous).createUser({ signUpBody });
const session = await new AuthenticationApi(anonymous).login({ loginBody: credentials });
const posts = new PostsApi(new Configuration({ basePath, accessToken: session.data.token }));

for (const title of ["Notes on engines", "Notes on looms"]) {
  await posts.createPost({ newPostBody: { title, content: "Brass.", status: "published" } });
}
const first = await posts.listPosts({ search: "notes", limit: 1 });
const second = await posts.listPosts({ search: "notes", limit: 1, cursor: first.pagination.nextCursor ?? "" });
console.log(first.data[0].title, "and", second.data[0].title);

const { id } = second.data[0];
const ifMatch = (await posts.getPostRaw({ id })).raw.headers.get("ETag") ?? "";
await posts.updatePost({ id, ifMatch, postPatchBody: { content: "Steam." } });
try {
  await posts.updatePost({ id, ifMatch, postPatchBody: { content: "Too late." } });
} catch (error) {
  if (!(error instanceof ResponseError)) throw error;
  const { code } = (await error.response.json()).error;
  console.log(error.response.status, code);
}
await posts.deletePost({ id });
