using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>The base of all modules: named parameters, buffers and submodules, in the order of their registration.</summary>
        public partial class Module : IDisposable
        {
            private readonly OrderedDict<string, Module> submodules = [];
            private readonly OrderedDict<string, (Tensor, bool)> ownBuffers = [];
            private readonly OrderedDict<string, Parameter> ownParameters = [];

            private readonly string givenName;
            private bool componentsRegistered;
            private bool isTraining = true;
            private bool isDisposed;

            protected Module(string name) => givenName = name;

            public virtual bool training => isTraining;

            public virtual string GetName() => givenName;

            public virtual void train(bool train = true)
            {
                isTraining = train;
                foreach (var (_, module) in named_children())
                {
                    module.train(train);
                }
            }

            public virtual void eval() => train(false);

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    using var gradient = parameter.grad;
                    if (gradient is null)
                    {
                        continue;
                    }

                    if (set_to_none)
                    {
                        parameter.grad = null;
                    }
                    else
                    {
                        using var none = no_grad();
                        gradient.zero_();
                    }
                }
            }

            public virtual Module apply(Action<Module> fn)
            {
                foreach (var (_, module) in named_children())
                {
                    module.apply(fn);
                }

                fn(this);
                return this;
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || isDisposed)
                {
                    return;
                }

                isDisposed = true;
                foreach (var (_, parameter) in ownParameters)
                {
                    parameter?.Dispose();
                }

                foreach (var (_, (buffer, _)) in ownBuffers)
                {
                    buffer?.Dispose();
                }

                foreach (var (_, module) in submodules)
                {
                    module?.Dispose();
                }
            }

            internal void MoveTo(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach (var (_, module) in named_children())
                {
                    module.MoveTo(dtype, device, non_blocking);
                }

                foreach (var tensor in ownParameters.values().Concat(ownBuffers.values().Select(buffer => buffer.Item1)))
                {
                    MoveTensor(tensor, dtype, device, non_blocking);
                }
            }

            // Integer buffers keep their dtype, and a tensor keeps its identity, so that optimisers need not be told.
            private static void MoveTensor(Tensor? tensor, ScalarType? dtype, Device? device, bool non_blocking)
            {
                if (tensor is null)
                {
                    return;
                }

                using var none = no_grad();
                var type = dtype is { } given && tensor.is_floating_point() ? given : tensor.dtype;
                if (type != tensor.dtype || (device is not null && !device.Equals(tensor.device)))
                {
                    using var gradient = tensor.grad;
                    tensor.grad = null;
                    using var values = tensor.detach();
                    using var converted = values.to(type, device ?? tensor.device, non_blocking: non_blocking);
                    tensor.SetData(converted);
                    using var convertedGradient = gradient?.to(type, device ?? tensor.device, non_blocking: non_blocking);
                    tensor.grad = convertedGradient;
                }
            }
        }
    }
}
