// ReDoc builds one picture: a logo from another host, which no option turns off. It gets an empty span instead.
const create = document.createElement;
document.createElement = function (name, ...options) {
  return create.call(this, name === "img" ? "span" : name, ...options);
};
