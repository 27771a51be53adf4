/** The API's things and requests, by the names that this package has for them. */
import type { components, operations } from "./schema.js";

type Schemas = components["schemas"];
type Query<Operation extends { parameters: { query?: object } }> = NonNullable<Operation["parameters"]["query"]>;

/** An account, as its user, moderators and admins see it. */
export type User = Schemas["FullUser"];
/** An account as the caller may see it, with its latest published posts. */
export type Profile = Schemas["ProfileAnswer"];
export type SignUp = Schemas["SignUpBody"];
export type UserChange = Schemas["UserPatchBody"];
export type UserQuery = Query<operations["list_users"]>;
/** How many posts of a status an author has, and how often they were read. */
export type StatusCount = Schemas["StatusCountAnswer"];
/** An author's published posts of one month. */
export type MonthlyPosts = Schemas["MonthlyPostsAnswer"];

export type Credentials = Schemas["LoginBody"];
/** A login: its token, and who has logged in. */
export type Session = Schemas["LoggedIn"];
/** A token, without its secret. */
export type Token = Schemas["TokenAnswer"];
/** A token for a program to be made. */
export type TokenRequest = Schemas["NewTokenBody"];
/** A token for a program. Its secret is shown this once. */
export type NewToken = Schemas["NewToken"];

export type Post = Schemas["PostAnswer"];
export type NewPost = Schemas["NewPostBody"];
export type PostChange = Schemas["PostPatchBody"];
export type PostQuery = Query<operations["list_posts"]>;

export type Product = Schemas["ProductAnswer"];
export type NewProduct = Schemas["NewProductBody"];
export type ProductChange = Schemas["ProductPatchBody"];
export type ProductQuery = Query<operations["list_products"]>;

export type Order = Schemas["OrderAnswer"];
export type NewOrder = Schemas["NewOrderBody"];
export type OrderQuery = Query<operations["list_orders"]>;
