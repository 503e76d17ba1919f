using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            public virtual IEnumerable<Module> children() => named_children().Select(entry => entry.module);

            public virtual IEnumerable<(string name, Module module)> named_children() => submodules.Select(entry => (entry.Item1, entry.Item2));

            public virtual IEnumerable<Module> modules() => named_modules().Select(entry => entry.module);

            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                yield return (string.Empty, this);
                foreach (var (name, child) in named_children())
                {
                    foreach (var (below, module) in child.named_modules())
                    {
                        yield return (Join(name, below), module);
                    }
                }
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(entry => entry.parameter);

            /// <summary>This module's parameters, then its children's; one that is registered twice (tied weights) comes once, under its first name.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<nint>();
                foreach (var (name, parameter) in ownParameters)
                {
                    if (seen.Add(parameter.Handle))
                    {
                        yield return (name, parameter);
                    }
                }

                if (!recurse)
                {
                    yield break;
                }

                foreach (var (child, module) in named_children())
                {
                    foreach (var (name, parameter) in module.named_parameters())
                    {
                        if (seen.Add(parameter.Handle))
                        {
                            yield return (Join(child, name), parameter);
                        }
                    }
                }
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(entry => entry.buffer);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                var seen = new HashSet<nint>();
                foreach (var (name, (buffer, persistent)) in ownBuffers)
                {
                    if ((include_nonpersistent || persistent) && seen.Add(buffer.Handle))
                    {
                        yield return (name, buffer);
                    }
                }

                if (!recurse)
                {
                    yield break;
                }

                foreach (var (child, module) in named_children())
                {
                    foreach (var (name, buffer) in module.named_buffers(true, include_nonpersistent))
                    {
                        if (seen.Add(buffer.Handle))
                        {
                            yield return (Join(child, name), buffer);
                        }
                    }
                }
            }

            /// <summary>All parameters and persistent buffers by name; tied ones under each of their names, as PyTorch saves them.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= new Dictionary<string, Tensor>(StringComparer.Ordinal);
                foreach (var (name, parameter) in ownParameters)
                {
                    destination.TryAdd(Join(prefix, name), parameter);
                }

                foreach (var (name, (buffer, persistent)) in ownBuffers)
                {
                    if (persistent)
                    {
                        destination.TryAdd(Join(prefix, name), buffer);
                    }
                }

                foreach (var (name, module) in named_children())
                {
                    module.state_dict(destination, Join(prefix, name));
                }

                return destination;
            }

            /// <summary>Copies the values of a state dictionary into this module's tensors; returns the names it lacks and those it does not know.</summary>
            /// <exception cref="InvalidOperationException">The names differ and <paramref name="strict"/> is set.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                var own = state_dict();
                var missing = own.Keys.Where(name => !source.ContainsKey(name) && skip?.Contains(name) != true).ToList();
                var unexpected = source.Keys.Where(name => !own.ContainsKey(name) && skip?.Contains(name) != true).ToList();
                if (strict && missing.Count + unexpected.Count > 0)
                {
                    throw new InvalidOperationException(
                        $"The state dictionary does not fit: missing {string.Join(", ", missing)}; unexpected {string.Join(", ", unexpected)}.");
                }

                using var none = no_grad();
                foreach (var (name, tensor) in own)
                {
                    if (source.TryGetValue(name, out var value) && skip?.Contains(name) != true)
                    {
                        if (!value.shape.AsSpan().SequenceEqual(tensor.shape))
                        {
                            throw new ArgumentException($"'{name}' has shape [{string.Join(", ", tensor.shape)}], not [{string.Join(", ", value.shape)}].");
                        }

                        tensor.copy_(value);
                    }
                }

                return (missing, unexpected);
            }

            private static string Join(string? prefix, string name) => string.IsNullOrEmpty(prefix) ? name : name.Length == 0 ? prefix : $"{prefix}.{name}";
        }
    }
}
