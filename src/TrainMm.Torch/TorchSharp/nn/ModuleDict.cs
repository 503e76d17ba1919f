using System.Collections;
using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Modules by name.</summary>
public class ModuleDict<T> : nn.Module, IEnumerable<(string, T)>
    where T : nn.Module
{
    private readonly Utils.OrderedDict<string, T> items = [];

    public ModuleDict()
        : base(nameof(ModuleDict<>))
    {
    }

    public int Count => items.Count;

    public ICollection<string> Keys => items.Keys;

    public ICollection<T> Values => items.Values;

    public T this[string key]
    {
        get => items[key];
        set
        {
            items[key] = value;
            register_module(key, value);
        }
    }

    public void Add(string key, T value)
    {
        items.Add(key, value);
        register_module(key, value);
    }

    public bool ContainsKey(string key) => items.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value) => items.TryGetValue(key, out value);

    public IEnumerable<string> keys() => items.keys();

    public IEnumerable<T> values() => items.values();

    public IEnumerator<(string, T)> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    protected override void RegisterComponents()
    {
        // The dictionary registers its modules as they are added.
    }
}
