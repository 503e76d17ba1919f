using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

/// <summary>A dictionary that keeps the order in which its keys were first added.</summary>
public class OrderedDict<TKey, TValue> : IEnumerable<(TKey, TValue)>
    where TKey : notnull
{
    private readonly List<TKey> order = [];
    private readonly Dictionary<TKey, TValue> entries = [];

    public int Count => order.Count;

    public ICollection<TKey> Keys => order.ToList();

    public ICollection<TValue> Values => order.Select(key => entries[key]).ToList();

    public TValue this[TKey key]
    {
        get => entries[key];
        set
        {
            if (!entries.ContainsKey(key))
            {
                order.Add(key);
            }

            entries[key] = value;
        }
    }

    public void Add(TKey key, TValue value)
    {
        entries.Add(key, value);
        order.Add(key);
    }

    public bool ContainsKey(TKey key) => entries.ContainsKey(key);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => entries.TryGetValue(key, out value);

    public bool Remove(TKey key) => entries.Remove(key) && order.Remove(key);

    public void clear()
    {
        order.Clear();
        entries.Clear();
    }

    public IEnumerable<TKey> keys() => order;

    public IEnumerable<TValue> values() => order.Select(key => entries[key]);

    public IEnumerator<(TKey, TValue)> GetEnumerator() => order.Select(key => (key, entries[key])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Registers a field under another name than its own.</summary>
[AttributeUsage(AttributeTargets.Field)]
public class ComponentNameAttribute : Attribute
{
    public string? Name { get; set; }
}
