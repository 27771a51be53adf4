//! Bodies, each declared once: the declaration of an object's fields both reads them
//! from a request and describes them in the document.

use std::borrow::Cow;
use std::marker::PhantomData;

use hexpress_domain::validation::{Field, ValidationErrors};
use serde_json::{Value, json};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Object, ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::Fields;
use crate::api::{Api, Settings};
use crate::limits::BODY_LIMIT;

/// A command that the body of a request carries.
pub(crate) trait Body: Sized + Send {
    /// Its fields as they arrive.
    type Raw: Declared;

    /// Whether the client may send an `Idempotency-Key`.
    const IS_IDEMPOTENT: bool = false;

    /// The longest body, in bytes.
    fn limit(_: &Settings) -> usize {
        BODY_LIMIT
    }

    /// Reads the fields; all faults of all of them are errors.
    fn from_raw(raw: Self::Raw, api: &Api) -> Result<Self, ValidationErrors>;

    /// Reads a body; fields that nobody may send are errors, too.
    fn read(fields: Fields, api: &Api) -> Result<Self, ValidationErrors> {
        let mut form = Form::of(fields, String::new());
        let raw = Self::Raw::declare(&mut form);
        let parsed = Self::from_raw(raw, api);
        form.sent.finish_beside(form.unknown, parsed)
    }
}

/// An object that is a body or stands in one.
pub(crate) trait Declared: Sized {
    /// The name of its schema.
    const NAME: &'static str;
    /// What it is.
    const DESCRIPTION: &'static str;

    /// Takes its fields, in the order in which the document lists them.
    fn declare(form: &mut Form) -> Self;

    /// An example, where those of the required fields tell too little.
    fn example() -> Option<Value> {
        None
    }
}

/// The fields of an object: those that were sent, or none while they are described.
pub(crate) struct Form {
    sent: Fields,
    /// What stands before the names of the fields in errors, such as `items[1].`.
    within: String,
    /// The fields of objects within that nobody may send.
    unknown: ValidationErrors,
    /// Only while the fields are described.
    description: Option<Description>,
}

struct Description {
    object: Object,
    /// The schemas that the object's own refers to.
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Description {
    fn of<T: Declared>() -> Self {
        let object = ObjectBuilder::new()
            .description(Some(T::DESCRIPTION))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)));
        let mut object = object.build();
        object.example = T::example();
        let mut form = Form::of(Fields::default(), String::new());
        form.description = Some(Self {
            object,
            schemas: Vec::new(),
        });
        T::declare(&mut form);
        form.description.unwrap_or_else(|| Self {
            object: Object::new(),
            schemas: Vec::new(),
        })
    }

    fn name<T: ToSchema>(&mut self) -> Ref {
        let name = T::name().into_owned();
        let reference = Ref::from_schema_name(&name);
        self.schemas.push((name, T::schema()));
        T::schemas(&mut self.schemas);
        reference
    }
}

impl Form {
    fn of(sent: Fields, within: String) -> Self {
        Self {
            sent,
            within,
            unknown: ValidationErrors::new(),
            description: None,
        }
    }

    /// A field that must be there.
    pub(crate) fn required<T: ToSchema>(&mut self, name: &'static str) -> FormField<'_> {
        self.require(name);
        self.optional::<T>(name)
    }

    /// A field that may be left out.
    pub(crate) fn optional<T: ToSchema>(&mut self, name: &'static str) -> FormField<'_> {
        self.describe(name, |description| description.name::<T>().into())
    }

    /// A field that may be left out or null.
    pub(crate) fn nullable<T: ToSchema>(&mut self, name: &'static str) -> FormField<'_> {
        self.describe(name, |description| {
            let null = ObjectBuilder::new().schema_type(Type::Null);
            let choices = OneOfBuilder::new().item(description.name::<T>());
            choices.item(null).into()
        })
    }

    /// A field that is true or false, and may be left out.
    pub(crate) fn flag(&mut self, name: &'static str) -> FormField<'_> {
        self.unnamed::<bool>(name)
    }

    /// A field that may be left out, and whose type the document does not name: some languages
    /// have the values of all named enumerations in one scope.
    pub(crate) fn unnamed<T: PartialSchema>(&mut self, name: &'static str) -> FormField<'_> {
        self.describe(name, |_| T::schema())
    }

    /// An array of so many objects at most that must be there, with one at least.
    pub(crate) fn items<T: Declared>(
        &mut self,
        name: &'static str,
        most: usize,
    ) -> Field<Vec<Field<T>>> {
        self.require(name);
        let field = self.describe(name, |description| {
            let items = ArrayBuilder::new().items(description.name::<Described<T>>());
            items.min_items(Some(1)).max_items(Some(most)).into()
        });
        let Form {
            sent,
            within,
            unknown,
            ..
        } = field.form;
        sent.objects(name).map(|items| {
            let items = items.into_iter().enumerate();
            let items = items.map(|(index, item)| {
                item.map(|fields| {
                    let mut form = Self::of(fields, format!("{within}{name}[{index}]."));
                    let item = T::declare(&mut form);
                    unknown.extend(form.unknown);
                    form.sent.left_over(&form.within, unknown);
                    item
                })
            });
            items.collect()
        })
    }

    fn require(&mut self, name: &str) {
        if let Some(description) = &mut self.description {
            description.object.required.push(name.to_owned());
        }
    }

    fn describe(
        &mut self,
        name: &'static str,
        schema: impl FnOnce(&mut Description) -> RefOr<Schema>,
    ) -> FormField<'_> {
        if let Some(description) = &mut self.description {
            let schema = schema(description);
            description
                .object
                .properties
                .insert(name.to_owned(), schema);
        }
        FormField { form: self, name }
    }
}

/// A field that is declared, to be read as what it is.
pub(crate) struct FormField<'f> {
    form: &'f mut Form,
    name: &'static str,
}

impl FormField<'_> {
    /// What the document says of it, beside what it says of the type.
    pub(crate) fn about(mut self, text: &str) -> Self {
        match self.schema() {
            Some(RefOr::Ref(reference)) => text.clone_into(&mut reference.description),
            Some(RefOr::T(Schema::Object(object))) => object.description = Some(text.to_owned()),
            Some(RefOr::T(Schema::OneOf(choices))) => {
                if let Some(RefOr::Ref(reference)) = choices.items.first_mut() {
                    text.clone_into(&mut reference.description);
                }
            }
            _ => {}
        }
        self
    }

    /// What an absent flag counts as.
    pub(crate) fn default(mut self, value: bool) -> Self {
        if let Some(RefOr::T(Schema::Object(object))) = self.schema() {
            object.default = Some(json!(value));
        }
        self
    }

    /// Reads a string.
    pub(crate) fn text(self) -> Field<String> {
        self.form.sent.text(self.name)
    }

    /// Reads true or false.
    pub(crate) fn boolean(self) -> Field<bool> {
        self.form.sent.boolean(self.name)
    }

    /// Reads a whole number; see [`Fields::whole_number`].
    pub(crate) fn whole_number(self) -> Field<i64> {
        self.form.sent.whole_number(self.name)
    }

    /// Reads a JSON object, as its text.
    pub(crate) fn object(self) -> Field<String> {
        self.form.sent.object(self.name)
    }

    fn schema(&mut self) -> Option<&mut RefOr<Schema>> {
        let description = self.form.description.as_mut()?;
        description.object.properties.get_mut(self.name)
    }
}

/// The schema of an object, for the document.
pub(crate) struct Described<T>(PhantomData<T>);

impl<T: Declared> PartialSchema for Described<T> {
    fn schema() -> RefOr<Schema> {
        Schema::Object(Description::of::<T>().object).into()
    }
}

impl<T: Declared> ToSchema for Described<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.extend(Description::of::<T>().schemas);
    }
}
