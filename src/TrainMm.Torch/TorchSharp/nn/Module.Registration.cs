using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            public void add_module(string name, Module module) => register_module(name, module);

            public virtual void register_module(string name, Module submodule)
            {
                ArgumentException.ThrowIfNullOrEmpty(name);
                if (name.Contains('.', StringComparison.Ordinal))
                {
                    throw new ArgumentException($"'{name}' is no name for a module: it holds a dot.");
                }

                if (submodule is null)
                {
                    submodules.Remove(name);
                    return;
                }

                submodule.RegisterComponents();
                submodules[name] = submodule;
            }

            public virtual void register_parameter(string name, Parameter? param)
            {
                ArgumentException.ThrowIfNullOrEmpty(name);
                if (param is null)
                {
                    ownParameters.Remove(name);
                    return;
                }

                param.DetachFromDisposeScope();
                ownParameters[name] = param;
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                ArgumentException.ThrowIfNullOrEmpty(name);
                if (tensor is null)
                {
                    ownBuffers.Remove(name);
                    return;
                }

                tensor.DetachFromDisposeScope();
                ownBuffers[name] = (tensor, persistent);
            }

            /// <summary>Registers the fields that hold modules, parameters and tensors (as buffers) under their names, once.</summary>
            protected virtual void RegisterComponents()
            {
                if (componentsRegistered)
                {
                    return;
                }

                componentsRegistered = true;
                foreach (var field in GetType().GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                {
                    var name = field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name;
                    switch (field.GetValue(this))
                    {
                        case Module module: register_module(name, module); break;
                        case Parameter parameter: register_parameter(name, parameter); break;
                        case Tensor tensor: register_buffer(name, tensor); break;
                    }
                }
            }

            protected void ClearModules() => submodules.clear();

            public virtual bool has_parameter(string target) => named_parameters().Any(entry => entry.name == target);

            public virtual bool has_buffer(string target) => named_buffers().Any(entry => entry.name == target);

            public virtual Parameter? get_parameter(string target) => named_parameters().FirstOrDefault(entry => entry.name == target).parameter;

            public virtual Tensor? get_buffer(string target) => named_buffers().FirstOrDefault(entry => entry.name == target).buffer;
        }
    }
}
