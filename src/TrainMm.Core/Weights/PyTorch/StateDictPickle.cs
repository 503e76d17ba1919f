using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Weights.PyTorch;

/// <summary>
/// Reads the pickle of a state dict. A pickle is a program that may call anything by name; this reader knows a handful of instructions and of names, makes
/// descriptions of tensors and dictionaries out of them, and refuses the rest by name: no code can run.
/// </summary>
internal sealed class StateDictPickle
{
    /// <summary>Each instruction makes one value at most, so this bounds memory; a state dict of a hundred thousand tensors takes three million.</summary>
    private const int MostInstructions = 20_000_000;

    private readonly PickleReader reader;
    private readonly Stack<object?> stack = new();
    private readonly Dictionary<int, object?> memo = [];

    private readonly Dictionary<string, PickledStorage>? storages;

    private StateDictPickle(PickleReader reader, Dictionary<string, PickledStorage>? storages)
    {
        this.reader = reader;
        this.storages = storages;
    }

    /// <summary>Reads a pickle.</summary>
    /// <param name="reader">Stands at its first byte, and then behind its last.</param>
    /// <param name="storages">Takes the storages that it refers to, by key; or null.</param>
    /// <returns>What it describes: a dictionary, a tensor, a number and so on.</returns>
    /// <exception cref="CheckpointException">It is damaged, or asks for what no state dict needs.</exception>
    public static object? Read(PickleReader reader, Dictionary<string, PickledStorage>? storages = null)
    {
        var pickle = new StateDictPickle(reader, storages);
        for (var count = 0; pickle.reader.Byte() is var opcode && opcode != (byte)PickleOpcode.Stop; count++)
        {
            if (count == MostInstructions) throw reader.Fault($"holds a pickle of more than {MostInstructions:N0} instructions");
            pickle.Step((PickleOpcode)opcode);
        }

        return pickle.Pop();
    }

    private void Step(PickleOpcode opcode)
    {
        if (!TryValue(opcode) && !TryContainer(opcode) && !TryMemo(opcode)) throw reader.Fault($"holds the pickle instruction 0x{(byte)opcode:x2}, which no state dict needs");
    }

    private bool TryValue(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None: stack.Push(null); break;
            case PickleOpcode.True: stack.Push(true); break;
            case PickleOpcode.False: stack.Push(false); break;
            case PickleOpcode.Byte: stack.Push((long)reader.Byte()); break;
            case PickleOpcode.UInt16: stack.Push((long)reader.UInt16()); break;
            case PickleOpcode.Int32: stack.Push((long)reader.Int32()); break;
            case PickleOpcode.Long: stack.Push(reader.Long()); break;
            case PickleOpcode.Float: stack.Push(reader.Double()); break;
            case PickleOpcode.Text: stack.Push(reader.Text(isShort: false)); break;
            case PickleOpcode.ShortText: stack.Push(reader.Text(isShort: true)); break;
            case PickleOpcode.Global: stack.Push(Named(reader.Line(), reader.Line())); break;
            case PickleOpcode.StackGlobal:
                var name = Pop<string>();
                stack.Push(Named(Pop<string>(), name));
                break;
            case PickleOpcode.PersistentId:
                var storage = StateDictGlobals.Storage(Pop<object?[]>(), reader);
                stack.Push(storage);
                storages?.TryAdd(storage.Key, storage);
                break;
            case PickleOpcode.Reduce:
                var arguments = Pop<object?[]>();
                stack.Push(StateDictGlobals.Call(Pop<PickledGlobal>(), arguments, reader));
                break;
            default: return false;
        }

        return true;
    }

    private bool TryContainer(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark: stack.Push(Mark.Instance); break;
            case PickleOpcode.EmptyTuple: stack.Push(Array.Empty<object?>()); break;
            case PickleOpcode.EmptyList: stack.Push(new PickledList()); break;
            case PickleOpcode.EmptyDictionary: stack.Push(new PickledDictionary()); break;
            case PickleOpcode.Tuple: stack.Push(PopToMark()); break;
            case PickleOpcode.Tuple1: stack.Push(PopTuple(1)); break;
            case PickleOpcode.Tuple2: stack.Push(PopTuple(2)); break;
            case PickleOpcode.Tuple3: stack.Push(PopTuple(3)); break;
            case PickleOpcode.Append: Append([Pop()]); break;
            case PickleOpcode.Appends: Append(PopToMark()); break;
            case PickleOpcode.SetItem: Set(PopTuple(2)); break;
            case PickleOpcode.SetItems: Set(PopToMark()); break;
            case PickleOpcode.Build:
                // The state that a state dict has beside its entries is the versions of its modules: nothing here goes by them.
                Pop();
                Peek<PickledDictionary>();
                break;
            default: return false;
        }

        return true;
    }

    private bool TryMemo(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Protocol: reader.Skip(1); break;
            case PickleOpcode.Frame: reader.Skip(sizeof(long)); break;
            case PickleOpcode.Put: memo[reader.Byte()] = Top(); break;
            case PickleOpcode.LongPut: memo[reader.Int32()] = Top(); break;
            case PickleOpcode.Memoize: memo[memo.Count] = Top(); break;
            case PickleOpcode.Get: stack.Push(Remembered(reader.Byte())); break;
            case PickleOpcode.LongGet: stack.Push(Remembered(reader.Int32())); break;
            default: return false;
        }

        return true;
    }

    private PickledGlobal Named(string module, string name)
    {
        var global = new PickledGlobal(module, name);
        return StateDictGlobals.IsKnown(global) ? global : throw reader.Fault($"asks for '{global}', which no state dict needs: it is not read, and nothing in it was run");
    }

    private void Append(object?[] items) => Peek<PickledList>().Items.AddRange(items);

    private void Set(object?[] items)
    {
        if (items.Length % 2 != 0) throw Damaged();
        var target = Peek<PickledDictionary>();
        for (var i = 0; i < items.Length; i += 2) target.Entries.Add(new(items[i], items[i + 1]));
    }

    private object? Remembered(int key) => memo.TryGetValue(key, out var value) ? value : throw Damaged();

    private object? Pop() => stack.TryPop(out var value) && value is not Mark ? value : throw Damaged();

    private T Pop<T>() => Pop() is T value ? value : throw Damaged();

    private object? Top() => stack.TryPeek(out var value) && value is not Mark ? value : throw Damaged();

    private T Peek<T>() => Top() is T value ? value : throw Damaged();

    private object?[] PopTuple(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--) items[i] = Pop();
        return items;
    }

    private object?[] PopToMark()
    {
        var items = new List<object?>();
        while (stack.TryPop(out var value))
        {
            if (value is Mark)
            {
                items.Reverse();
                return [.. items];
            }

            items.Add(value);
        }

        throw Damaged();
    }

    private CheckpointException Damaged() => reader.Fault("is damaged: its pickle is no sound program");

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
