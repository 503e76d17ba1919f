using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TrainMm.Core.Roles;

/// <summary>
/// A module whose parts are registered one by one under the official checkpoint's names, so that a state dict can be read in the constructor.
/// TorchSharp's own registration goes by the names of fields, once, and would miss what subclasses add.
/// </summary>
/// <param name="name">The module's class name in messages.</param>
public abstract class NamedModule(string name) : nn.Module(name)
{
    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
    }

    /// <summary>Registers a submodule and gives it back.</summary>
    protected T Add<T>(string official, T module)
        where T : nn.Module
    {
        register_module(official, module);
        return module;
    }

    /// <summary>Registers a parameter and gives it back.</summary>
    protected Parameter Add(string official, Parameter parameter)
    {
        register_parameter(official, parameter);
        return parameter;
    }
}
